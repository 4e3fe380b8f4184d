// Whoever does something grave proves again who they are; then what they asked for is done.
import { Button, Modal, PasswordInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { createContext, type FormEvent, type ReactNode, useContext, useRef, useState } from 'react'
import { useLocation } from '@tanstack/react-router'
import { api, Refused, take } from '@/api/client'
import { Note } from '@/kit/note'
import { ACCESS } from '@/words/access'

type Run = <T>(deed: () => Promise<T>) => Promise<T>
type Waiting = { done: () => void; left: (error: unknown) => void }

const Context = createContext<Run | null>(null)
const WORDS = ACCESS.proof

/** Return what does a deed, and asks for the proof in between where the server wants it. */
export function useGrave(): Run {
  const run = useContext(Context)
  if (run === null) throw new Error('useGrave is for what stands below Proving')
  return run
}

export function Proving({ children }: { children: ReactNode }) {
  const waiting = useRef<Waiting | null>(null)
  const [asked, setAsked] = useState<unknown>(null)

  const run: Run = async (deed) => {
    try {
      return await deed()
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'access.prove') throw error
      await new Promise<void>((done, left) => {
        waiting.current = { done, left }
        setAsked(error)
      })
      return deed()
    }
  }
  function end(way: 'done' | 'left') {
    if (way === 'done') waiting.current?.done()
    else waiting.current?.left(asked)
    waiting.current = null
    setAsked(null)
  }
  return (
    <Context value={run}>
      {children}
      <Modal
        opened={asked !== null}
        onClose={() => end('left')}
        title={WORDS.title}
        zIndex={300}
        closeButtonProps={{ 'aria-label': ACCESS.close }}
      >
        {asked !== null && <Ask onDone={() => end('done')} />}
      </Modal>
    </Context>
  )
}

function Ask({ onDone }: { onDone: () => void }) {
  const [refused, setRefused] = useState<Refused | null>(null)
  const [isBusy, setBusy] = useState(false)
  const account = useQuery({
    queryKey: ['account'],
    queryFn: () => take(api.GET('/api/session/account')),
  })
  const ways = useQuery({ queryKey: ['sign-in'], queryFn: () => take(api.GET('/api/sign-in')) })
  const { href } = useLocation()

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const password = String(new FormData(event.currentTarget).get('password'))
    setBusy(true)
    try {
      await take(api.POST('/api/session/proof', { body: { password } }))
      onDone()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      setRefused(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="access-form">
      <p className="ink2 small">{WORDS.lead}</p>
      {refused !== null && (
        <Note tone="bad" title={refused.message}>
          {refused.fix}
        </Note>
      )}
      {account.data?.has_password !== false && (
        <form className="access-form" onSubmit={submit}>
          <PasswordInput
            name="password"
            label={WORDS.password}
            autoComplete="current-password"
            required
            withAsterisk={false}
            data-autofocus
          />
          <Button type="submit" loading={isBusy}>
            {WORDS.submit}
          </Button>
        </form>
      )}
      {account.data?.is_at_provider && ways.data?.provider && (
        <>
          <Button
            component="a"
            variant="default"
            href={`/api/sign-in/oidc?${new URLSearchParams({ again: 'true', back: `/studio${href}` })}`}
          >
            {WORDS.provider(ways.data.provider)}
          </Button>
          <p className="quiet small">{WORDS.providerWhat}</p>
        </>
      )}
    </div>
  )
}
