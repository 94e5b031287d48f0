// The page: the bar, and GraphiQL below it.
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { useEffect, useMemo } from 'react';
import { Account } from './account';
import { examples } from './examples';
import { EXAMPLES } from './plugin';
import { useSession } from './session';
import { createStorage } from './storage';
import { fetcher, hangUp } from './transport';

const PLUGINS = [EXAMPLES, HISTORY_PLUGIN];
const FIRST = examples.find(({ title }) => title === 'Worklist') ?? examples[0];

/** Made anew by its key when somebody signs out: tabs, answers and history may show patients. */
function Explorer() {
  const storage = useMemo(createStorage, []);
  useEffect(() => hangUp, []);
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      plugins={PLUGINS}
      visiblePlugin={EXAMPLES}
      initialQuery={FIRST.operation}
      initialVariables={FIRST.variables}
      defaultEditorToolsVisibility
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
      inputValueDeprecation
    />
  );
}

export function Page() {
  const { endings } = useSession();
  return (
    <>
      <Account />
      <main>
        <Explorer key={endings} />
      </main>
    </>
  );
}
