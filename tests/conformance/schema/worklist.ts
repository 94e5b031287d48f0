// The worklist as a page of a Relay client writes it: paged by @connection, read again by its filter, kept current live.
import { graphql } from 'relay-runtime';

export const page = graphql`
  query worklistQuery($first: Int!, $after: String) {
    me { id fullName role }
    ...worklist_studies @arguments(first: $first, after: $after)
  }
`;

export const studies = graphql`
  fragment worklist_studies on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "worklistNextPageQuery") {
    studies(first: $first, after: $after) @connection(key: "worklist_studies") {
      totalCount
      edges {
        cursor
        node { id ...worklist_row }
      }
    }
  }
`;

export const row = graphql`
  fragment worklist_row on Study {
    studyId
    studyInstanceUid
    patientName
    patientWarning
    modality
    status
    isUrgent
    createdAt
    centre { id name }
  }
`;

export const updates = graphql`
  subscription worklistUpdatedSubscription($after: Cursor) {
    studyUpdated(after: $after) {
      cursor
      kind
      study { id ...worklist_row }
      job { id kind state progress }
    }
  }
`;
