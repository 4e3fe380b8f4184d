// Joining with somebody whom nobody suggested: chosen by any identifier, looked at, then done.
import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, take } from '@/api/client'
import { useGo } from '@/kit/go'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { IDENTITY } from '@/words/identity'
import { shortId } from '@/words/notes'
import { BesideTable } from './beside'
import { headersOf } from './reason'
import { Sure } from './sure'

const WORDS = IDENTITY.other

export function useJoinTrial(who: string, other: string, seeing: string) {
  return useQuery({
    queryKey: ['join', who, other, seeing],
    queryFn: () =>
      take(
        api.GET('/api/people/{who}/join', {
          params: { path: { who }, query: { other } },
          headers: headersOf(seeing),
        }),
      ),
    enabled: other !== '',
    // Each look with a reason is on record: it is taken once.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  })
}

type Props = { who: string; seeing: string }

/** `seeing`: the reason for which personal values are shown; empty: they are masked. */
export function JoinOther({ who, seeing }: Props) {
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')
  const [other, setOther] = useState('')
  const trial = useJoinTrial(who, other, seeing)
  const go = useGo()

  function submit(event: FormEvent) {
    event.preventDefault()
    setOther(text.trim())
  }
  function close() {
    setOpen(false)
    setText('')
    setOther('')
  }

  if (!isOpen) {
    return (
      <Button size="compact-xs" variant="default" onClick={() => setOpen(true)}>
        {WORDS.open}
      </Button>
    )
  }
  const person = trial.data?.other?.person_id ?? ''
  return (
    <>
      <form className="join-other" onSubmit={submit} aria-label={WORDS.open}>
        <TextInput
          size="xs"
          label={WORDS.label}
          placeholder={WORDS.placeholder}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autoComplete="off"
          autoFocus
        />
        <div className="row">
          <Button
            size="compact-xs"
            type="submit"
            loading={trial.isFetching}
            disabled={text.trim() === ''}
          >
            {WORDS.look}
          </Button>
          <Button size="compact-xs" variant="default" onClick={close}>
            {WORDS.close}
          </Button>
        </div>
        <No error={trial.error} />
        {trial.data?.other === null && <Note title={WORDS.unknown}>{WORDS.unknownWhy}</Note>}
        {person === who && <Note title={WORDS.self}>{WORDS.selfWhy}</Note>}
      </form>
      {trial.data !== undefined && person !== '' && person !== who && (
        <Sure
          deed="join"
          name={shortId(person)}
          size="xl"
          isRefused={trial.data.joined === null}
          act={(reason) => join(who, person, reason)}
          onDone={(made) => {
            close()
            if (made !== who) go(`/customers/${made}`)
          }}
          onClose={() => setOther('')}
        >
          <BesideTable trial={trial.data} />
        </Sure>
      )}
    </>
  )
}

async function join(who: string, other: string, reason: string): Promise<string> {
  const params = { path: { who } }
  const made = await take(api.POST('/api/people/{who}/join', { params, body: { other, reason } }))
  return made.person_id
}
