// One study as a Relay client shows it: fragments that are read again by node(id), and connections within it.
import { graphql } from 'relay-runtime';

export const study = graphql`
  query studyQuery($id: ID!) {
    study(id: $id) { id ...study_header ...study_jobs }
  }
`;

export const header = graphql`
  fragment study_header on Study @refetchable(queryName: "studyHeaderRefetchQuery") {
    studyId
    patientName
    createdBy { id fullName }
    series {
      id
      seriesInstanceUid
      modality
      thumbnail: rendition(kind: THUMBNAIL) { url width height error }
      ...study_instances
    }
  }
`;

export const instances = graphql`
  fragment study_instances on Series
  @argumentDefinitions(first: { type: "Int", defaultValue: 50 }, after: { type: "String" })
  @refetchable(queryName: "studyInstancesNextPageQuery") {
    instances(first: $first, after: $after) @connection(key: "study_instances") {
      edges { node { id sopInstanceUid numberOfFrames frameUrl(frame: 0, format: PNG) } }
    }
  }
`;

export const jobs = graphql`
  fragment study_jobs on Study
  @argumentDefinitions(last: { type: "Int", defaultValue: 20 }, before: { type: "String" })
  @refetchable(queryName: "studyJobsPreviousPageQuery") {
    jobs(last: $last, before: $before) @connection(key: "study_jobs") {
      edges { node { id kind state progress error } }
    }
  }
`;

export const jobUpdates = graphql`
  subscription studyJobUpdatedSubscription($study: ID!, $after: Cursor) {
    jobUpdated(study: $study, after: $after) {
      cursor
      at
      kind
      job { id state progress error }
    }
  }
`;
