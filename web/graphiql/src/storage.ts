// Where GraphiQL keeps what it remembers. By itself it puts operations, variables and history into localStorage, where they
// outlive the session: names of patients, and passwords typed into `sessionCreate`, for whoever sits down at the machine next.
// Here they stay in memory and end with the page or with signing out; only how the page looks is kept.
import type { Storage } from '@graphiql/toolkit';

const KEPT = new Set(['theme', 'docExplorerFlex', 'editorFlex', 'secondaryEditorFlex'].map((name) => `graphiql:${name}`));

export function createStorage(): Storage {
  const memory = new Map<string, string>();
  return {
    getItem: (key) => (KEPT.has(key) ? localStorage.getItem(key) : (memory.get(key) ?? null)),
    setItem: (key, value) => (KEPT.has(key) ? localStorage.setItem(key, value) : void memory.set(key, value)),
    removeItem: (key) => (KEPT.has(key) ? localStorage.removeItem(key) : void memory.delete(key)),
    clear() {
      memory.clear();
      KEPT.forEach((key) => localStorage.removeItem(key));
    },
    get length() {
      return memory.size;
    },
  };
}
