// The worklist as a page of a Relay client writes it: paged by @connection, read again by its filter, kept current live.
import { graphql } from 'relay-runtime';

export const page = graphql`
  query worklistQuery($first: Int!, $after: String, $filter: StudyFilter!, $order: StudyOrder) {
    me { id fullName role }
    ...worklist_studies @arguments(first: $first, after: $after, filter: $filter, order: $order)
  }
`;

export const studies = graphql`
  fragment worklist_studies on Query
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 20 }
    after: { type: "String" }
    filter: { type: "StudyFilter!" }
    order: { type: "StudyOrder" }
  )
  @refetchable(queryName: "worklistNextPageQuery") {
    studies(first: $first, after: $after, filter: $filter, orderBy: $order)
      @connection(key: "worklist_studies", filters: ["filter", "orderBy"]) {
      totalCount
      facets { status { status count } modality { modality count } }
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
