// The examples as a panel of GraphiQL, beside documentation and history.
import { type GraphiQLPlugin, pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { type Example, examples, filled } from './examples';
import { authorization } from './session';

const Icon = () => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
    <path d="M4 5h16M4 10h10M4 15h13M4 20h7" />
  </svg>
);

function Examples() {
  const { addTab, stop } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(pick('queryEditor', 'variableEditor'));
  async function open({ operation, variables }: Example) {
    const values = await filled(variables, await authorization()).catch(() => variables);
    // A subscription that goes on would write its events into the new tab.
    stop();
    if (queryEditor?.getValue()) addTab();
    queryEditor?.setValue(operation);
    variableEditor?.setValue(values);
    queryEditor?.focus();
  }
  return (
    <section className="examples" aria-label="Examples">
      <h2>Examples</h2>
      <p>Each opens in a tab of its own. Most of them need somebody who is signed in.</p>
      <ul>
        {examples.map((example) => (
          <li key={example.title}>
            <button type="button" onClick={() => open(example)}>
              <strong>{example.title}</strong>
              <span>{example.description}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export const EXAMPLES: GraphiQLPlugin = { title: 'Examples', icon: Icon, content: Examples };
