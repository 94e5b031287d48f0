// What this client asks for.
import { graphql } from './graphql.ts';

export const SignIn = graphql(`
  mutation SignIn($input: SessionCreateInput!) {
    sessionCreate(input: $input) {
      session { accessToken refreshToken expiresAt }
      userErrors { code message }
    }
  }
`);

export const Refresh = graphql(`
  mutation Refresh($input: SessionRefreshInput!) {
    sessionRefresh(input: $input) {
      session { accessToken refreshToken expiresAt }
      userErrors { code message }
    }
  }
`);

export const Me = graphql(`
  query Me {
    me { fullName role centre { name } }
  }
`);

export const Upload = graphql(`
  mutation Upload($input: StudyUploadInput!) {
    studyUpload(input: $input) {
      studies { id studyId patientName }
      skipped { name reason }
      duplicates
      userErrors { code field message }
    }
  }
`);

export const Worklist = graphql(`
  query Worklist($filter: StudyFilter!, $first: Int!, $after: String) {
    studies(filter: $filter, orderBy: { field: EXAMINED_ON }, first: $first, after: $after) {
      totalCount
      nodes { id studyId patientName modality status isUrgent examinedOn }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

export const Study = graphql(`
  query Study($id: ID!) {
    study(id: $id) {
      studyId
      patientName
      series(first: 100) {
        nodes {
          seriesNumber
          modality
          description
          numberOfInstances
          preview: rendition(kind: PREVIEW) { url width height error }
        }
      }
    }
  }
`);

export const JobUpdated = graphql(`
  subscription JobUpdated($study: ID!, $after: Cursor) {
    jobUpdated(study: $study, after: $after) {
      cursor
      kind
      job { id kind state progress error }
    }
  }
`);
