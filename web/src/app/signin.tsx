// The door: e-mail and password, or the identity provider where there is one.
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, Refused, take } from '@/api/client'
import type { Me } from '@/api/types'
import { Note } from '@/kit/note'
import { SHELL } from '@/words/shell'
import { Mark } from './mark'

export default function SignIn({ onDone }: { onDone: (me: Me) => void }) {
  const [refused, setRefused] = useState<Refused | null>(null)
  const [isBusy, setBusy] = useState(false)
  const ways = useQuery({
    queryKey: ['sign-in'],
    queryFn: () => take(api.GET('/api/sign-in')),
  })

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const said = new FormData(event.currentTarget)
    setBusy(true)
    setRefused(null)
    try {
      const body = { email: String(said.get('email')), password: String(said.get('password')) }
      onDone(await take(api.POST('/api/session', { body })))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      setRefused(error)
    } finally {
      setBusy(false)
    }
  }

  return (
    <main className="sign">
      <form className="sign-card" onSubmit={submit}>
        <div className="brand" style={{ padding: '0 0 18px', fontSize: 15, gap: 9 }}>
          <Mark /> {SHELL.name}
        </div>
        <h1>{SHELL.signIn}</h1>
        {refused !== null && (
          <div style={{ marginBottom: 14 }}>
            <Note tone="bad" title={refused.message}>
              {refused.status === 429 ? refused.fix : SHELL.forgotten}
            </Note>
          </div>
        )}
        <TextInput
          name="email"
          type="email"
          label={SHELL.email}
          autoComplete="username"
          required
          withAsterisk={false}
          autoFocus
        />
        <PasswordInput
          name="password"
          label={SHELL.password}
          autoComplete="current-password"
          required
          withAsterisk={false}
          mt={12}
        />
        <Button type="submit" fullWidth mt={18} loading={isBusy}>
          {SHELL.signIn}
        </Button>
        {ways.data?.provider && (
          <Button component="a" href={toProvider()} variant="default" fullWidth mt={8}>
            {SHELL.signInAt(ways.data.provider)}
          </Button>
        )}
        {ways.data?.has_admin === false && (
          <p className="quiet small" style={{ marginTop: 16 }}>
            {SHELL.nobodyYet} <code className="mono">legato users add YOU@EXAMPLE.COM --first</code>
          </p>
        )}
      </form>
    </main>
  )
}

/** The provider's door, which leads back to the very page that one wanted. */
function toProvider(): string {
  const back = location.pathname + location.search
  return `/api/sign-in/oidc?${new URLSearchParams({ back })}`
}
