// Types of the operations, derived from the server's own schema: a field that is not there does not compile.
import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './graphql-env.d.ts';

export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { Cursor: string; Date: string; DateTime: string; DicomUid: string; UUID: string; Upload: Blob };
}>();
