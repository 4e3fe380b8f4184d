// History to a destination: what was recorded before it was connected, handed on when asked for.
import { Button, Checkbox, TextInput } from '@mantine/core'
import '@mantine/core/styles/Checkbox.css'
import '@mantine/core/styles/InlineInput.css'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, Refused, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { No } from '@/kit/no'
import { BROKEN } from '@/words/broken'
import { count, title } from '@/words/format'

type Run = components['schemas']['RecallRun']

const WORDS = BROKEN.replay
const KEY = ['replay']
const EVERY_MS = 1_000

export function History({ name, hasEvents }: { name: string; hasEvents: boolean }) {
  const queries = useQueryClient()
  const may = useMay('repair')
  const run = useQuery({
    queryKey: KEY,
    queryFn: () => take(api.GET('/api/replay')),
    refetchInterval: (query) => (isGoing(query.state.data) ? EVERY_MS : false),
    enabled: hasEvents,
  })
  const renew = (data: Run) => queries.setQueryData(KEY, data)
  const [since, setSince] = useState('')
  const [isSure, setSure] = useState(false)
  const begin = useMutation({
    mutationFn: () => {
      const body = { destination: name, since: since.trim(), contacts_people: isSure, only: [] }
      return take(api.POST('/api/replay', { body }))
    },
    onSuccess: renew,
  })
  const stop = useMutation({
    mutationFn: () => take(api.POST('/api/replay/stop')),
    onSuccess: renew,
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    begin.mutate()
  }
  if (!hasEvents) {
    return (
      <Card title={WORDS.title}>
        <p className="quiet">{WORDS.none}</p>
      </Card>
    )
  }
  const asksTwice = begin.error instanceof Refused && begin.error.code === 'replay.contacts_people'
  const mayNot = may ? undefined : WORDS.mayNot
  return (
    <Card title={WORDS.title}>
      <form className="connections-form" onSubmit={submit}>
        <p className="ink2 small">{WORDS.lead}</p>
        {run.data !== undefined && <Progress of={run.data} name={name} />}
        {isGoing(run.data) ? (
          <Button
            size="xs"
            variant="default"
            disabled={!may}
            title={mayNot}
            loading={stop.isPending}
            onClick={() => stop.mutate()}
          >
            {WORDS.stop}
          </Button>
        ) : (
          <>
            <TextInput
              size="xs"
              label={WORDS.since}
              placeholder={WORDS.sinceHint}
              value={since}
              onChange={(event) => setSince(event.currentTarget.value)}
            />
            {asksTwice && (
              <Checkbox
                size="xs"
                label={WORDS.contact}
                checked={isSure}
                onChange={(event) => setSure(event.currentTarget.checked)}
              />
            )}
            <Button
              type="submit"
              size="xs"
              variant="default"
              disabled={!may}
              title={mayNot}
              loading={begin.isPending}
            >
              {WORDS.begin}
            </Button>
          </>
        )}
        <No error={begin.error ?? stop.error} />
      </form>
    </Card>
  )
}

function isGoing(run: Run | undefined): boolean {
  return run?.phase === 'reading' || run?.phase === 'sending'
}

function Progress({ of, name }: { of: Run; name: string }) {
  if (of.phase === 'none') return null
  if (of.destination !== name) {
    return isGoing(of) ? <p role="status">{WORDS.other(title(of.destination))}</p> : null
  }
  const word =
    of.phase === 'reading'
      ? WORDS.reading
      : of.phase === 'sending'
        ? WORDS.sending
        : WORDS.ended[of.phase]
  const share = of.total === 0 ? 0 : Math.min(100, (of.done / of.total) * 100)
  return (
    <div role="status">
      <p className="strong">{word}</p>
      {isGoing(of) && (
        <div className="bar" aria-hidden="true">
          <i style={{ width: `${share}%` }} />
        </div>
      )}
      <p className="quiet small">{WORDS.figures(count(of.sent), count(of.total))}</p>
      {Object.entries(of.withheld ?? {}).map(([code, many]) => (
        <p className="quiet small" key={code}>
          {WORDS.withheld(count(many), code)}
        </p>
      ))}
      {of.problem !== '' && <p className="small">{of.problem}</p>}
    </div>
  )
}
