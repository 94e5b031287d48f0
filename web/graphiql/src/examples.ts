// The example operations: files of `examples/`, each with its title and its description as comments at the top, and with its
// variables beside it. The server's tests run every one of them.
export interface Example {
  title: string;
  description: string;
  operation: string;
  variables: string;
}

const operations = import.meta.glob<string>('./examples/*.graphql', { eager: true, query: '?raw', import: 'default' });
const variables = import.meta.glob<string>('./examples/*.json', { eager: true, query: '?raw', import: 'default' });

function example(path: string): Example {
  const operation = operations[path];
  const comments = operation.split('\n').filter((line) => line.startsWith('# '));
  const [title, ...description] = comments.map((line) => line.slice(2));
  return {
    title,
    description: description.join(' '),
    operation,
    variables: variables[path.replace('.graphql', '.json')] ?? '',
  };
}

/** In the order of their file names. */
export const examples = Object.keys(operations).sort().map(example);

/** An example's variables with `study` being the newest study that the caller sees; as they are when there is none. */
export async function filled(text: string, authorization: string | undefined): Promise<string> {
  if (!authorization || !text.includes('"study"')) return text;
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: authorization },
    body: JSON.stringify({ query: '{ studies(first: 1) { nodes { studyId } } }' }),
  });
  const { data } = await response.json();
  const study = data?.studies?.nodes[0]?.studyId;
  return study ? JSON.stringify({ ...JSON.parse(text), study }, null, 2) : text;
}
