// Mutations: object first, one input, a payload whose objects the store takes over by their ids.
import { graphql } from 'relay-runtime';

export const signIn = graphql`
  mutation changesSignInMutation($input: SessionCreateInput!) {
    sessionCreate(input: $input) {
      session { accessToken refreshToken expiresAt user { id fullName role centre { id name } } }
      userErrors { code field message }
    }
  }
`;

export const upload = graphql`
  mutation changesUploadMutation($input: StudyUploadInput!) {
    studyUpload(input: $input) {
      studies { id ...worklist_row }
      skipped { name reason }
      duplicates
      userErrors { code field message }
    }
  }
`;

export const render = graphql`
  mutation changesRenderMutation($input: StudyRenderInput!) {
    studyRender(input: $input) {
      job { id kind state study { id status } }
      userErrors { code field message }
    }
  }
`;

export const centre = graphql`
  mutation changesCentreMutation($input: CentreUpdateInput!) {
    centreUpdate(input: $input) {
      centre { id name address contactEmail isActive }
      userErrors { code field message }
    }
  }
`;
