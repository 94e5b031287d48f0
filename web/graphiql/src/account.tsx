// The bar above GraphiQL: signing in and out, and who is signed in.
import { type FormEvent, useState } from 'react';
import { signIn, signOut, useSession } from './session';

function SignIn() {
  const [waiting, setWaiting] = useState(false);
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const values = new FormData(form);
    setWaiting(true);
    await signIn(String(values.get('username')), String(values.get('password')));
    setWaiting(false);
  }
  return (
    <form className="account" aria-label="Sign in" onSubmit={submit}>
      <label>
        User name
        <input name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} required />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button disabled={waiting}>{waiting ? 'Signing in …' : 'Sign in'}</button>
    </form>
  );
}

export function Account() {
  const { session, notice } = useSession();
  return (
    <header className="bar">
      <h1>Gantry</h1>
      <p className="notice" role="alert">
        {notice}
      </p>
      {session ? (
        <div className="account">
          <span>
            Signed in as <strong>{session.user.fullName}</strong>
            {session.user.role && <span className="role">{session.user.role.toLowerCase().replaceAll('_', ' ')}</span>}
          </span>
          <button type="button" onClick={signOut}>
            Sign out
          </button>
        </div>
      ) : (
        <SignIn />
      )}
    </header>
  );
}
