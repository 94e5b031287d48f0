// One study as a Relay client shows it: fragments that are read again by node(id), and connections within it.
import { graphql } from 'relay-runtime';

export const study = graphql`
  query studyQuery($id: ID!) {
    study(id: $id) { id ...study_header ...study_jobs ...study_history }
  }
`;

export const header = graphql`
  fragment study_header on Study @refetchable(queryName: "studyHeaderRefetchQuery") {
    studyId
    patientName
    createdBy { id fullName }
    series(first: 10) {
      nodes {
        id
        seriesInstanceUid
        modality
        thumbnail: rendition(kind: THUMBNAIL) { url width height error }
        ...study_instances
      }
    }
    priors(first: 5) { nodes { id examinedOn modality description } }
  }
`;

export const instances = graphql`
  fragment study_instances on Series
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "studyInstancesNextPageQuery") {
    instances(first: $first, after: $after) @connection(key: "study_instances") {
      edges {
        node {
          id
          sopInstanceUid
          frames(first: 1) { nodes { number url(format: PNG) } }
          tags(keywords: ["SliceThickness", "00180060"]) { keyword vr values json }
        }
      }
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

export const history = graphql`
  fragment study_history on Study
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "studyHistoryNextPageQuery") {
    events(first: $first, after: $after) @connection(key: "study_events") {
      edges { node { at kind job { id kind state } } }
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
