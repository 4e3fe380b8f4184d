// Before a draft goes to others: what was rehearsed of it, what is not known yet, and proposing it.
import { Button, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useChange } from '@/api/changes'
import { isLive, type Rehearsal, type Task, useBegin, useNewest } from '@/api/rehearsals'
import { useMay, useMe } from '@/app/session'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { Go, useGo } from '@/kit/go'
import { RoundMark } from '@/kit/mark'
import { Note } from '@/kit/note'
import { Trouble } from '@/kit/trouble'
import { propose } from '@/screens/journeys/edit/calls'
import { PUBLISH } from '@/words/rehearse'
import { type Draft, isOutdated, type Subject } from './about'
import { type Check, checksOf } from './checks'
import { Approvers, Changes, Holdouts, usePreview } from './preview'
import { RolloutShare } from './rollout'
import { Mistakes } from './run'

const KINDS: readonly Exclude<Task, { kind: 'relive' }>[] = [
  { kind: 'scenarios', names: [] },
  { kind: 'prove', journeys: [] },
  { kind: 'backtest', since: '30d', against: 'running' },
  { kind: 'simulate', crowd: '', people: 1_000, days: 30, seed: 1, beside_running: true },
]
const MARKS: Record<Check['state'], 'pass' | 'refuse' | 'hold'> = {
  ok: 'pass',
  bad: 'refuse',
  open: 'hold',
}

export function Publish({ subject }: { subject: Subject }) {
  if (subject.draft === null) {
    return (
      <Empty
        title={PUBLISH.noDraft}
        action={
          <Go className="link" to={`/journeys/${subject.journey}`}>
            {PUBLISH.open}
          </Go>
        }
      >
        {PUBLISH.noDraftWhy}
      </Empty>
    )
  }
  return <Sheet subject={subject} draft={subject.draft} />
}

function Sheet({ subject, draft }: { subject: Subject; draft: Draft }) {
  const preview = usePreview(draft)
  return (
    <div className="rehearse-two" data-even="true">
      <div className="rehearse">
        <Changes preview={preview} />
        <Checklist subject={subject} />
      </div>
      <div className="rehearse">
        <RolloutShare draft={draft} />
        <Propose draft={draft} />
        <Approvers preview={preview} />
        <Holdouts draft={draft} preview={preview} />
        <Afterwards />
      </div>
    </div>
  )
}

function Checklist({ subject }: { subject: Subject }) {
  const begin = useBegin()
  const made = {
    scenarios: useNewest('scenarios', subject.about, true).one.data,
    prove: useNewest('prove', subject.about, true).one.data,
    backtest: useNewest('backtest', subject.about, true).one.data,
    simulate: useNewest('simulate', subject.about, true).one.data,
  }
  const checks = checksOf(made, subject.draft)
  const missing = KINDS.filter(({ kind }) => !isFresh(made[kind], subject.draft))
  const isBusy = begin.isPending || KINDS.some(({ kind }) => isLive(made[kind]))
  return (
    <Card
      title={PUBLISH.checklist}
      more={
        <Button
          size="xs"
          variant="default"
          disabled={isBusy || missing.length === 0}
          onClick={() => missing.forEach((task) => begin.mutate({ task, about: subject.about }))}
        >
          {isBusy ? PUBLISH.busy : PUBLISH.runMissing}
        </Button>
      }
    >
      <ul className="rehearse-checks">
        {checks.map((each) => (
          <li key={each.what}>
            <RoundMark state={MARKS[each.state]} />
            <div>
              <p className="strong">{each.what}</p>
              <p className="quiet small">{each.how}</p>
              {each.tab !== '' && (
                <Go
                  className="link small"
                  to="."
                  search={{ draft: subject.draftName, tab: each.tab }}
                >
                  {PUBLISH.look}
                </Go>
              )}
            </div>
          </li>
        ))}
      </ul>
      {begin.isError && <Trouble error={begin.error} />}
    </Card>
  )
}

function isFresh(made: Rehearsal | undefined, draft: Draft | null): boolean {
  return made?.state === 'done' && !isOutdated(made, draft)
}

function Propose({ draft }: { draft: Draft }) {
  const number = draft.draft.change ?? 0
  const may = useMay('propose')
  const me = useMe()
  return (
    <Card title={PUBLISH.propose}>
      <div className="rehearse">
        {number > 0 && <Proposed number={number} />}
        {may ? (
          <Form draft={draft} isAgain={number > 0} />
        ) : (
          <Note title={PUBLISH.mayNot(me.role)}>{PUBLISH.mayNotWhy}</Note>
        )}
      </div>
    </Card>
  )
}

function Proposed({ number }: { number: number }) {
  const change = useChange(number).data?.change
  const state = change?.state ?? 'open'
  return (
    <Note
      tone={state === 'void' || state === 'rejected' ? 'warn' : 'quiet'}
      title={PUBLISH.proposed(number)}
      action={
        <Go className="link" to={`/approvals/${number}`}>
          {PUBLISH.see}
        </Go>
      }
    >
      {PUBLISH.states[state]}
    </Note>
  )
}

function Form({ draft, isAgain }: { draft: Draft; isAgain: boolean }) {
  const go = useGo()
  const queries = useQueryClient()
  const [what, setWhat] = useState(draft.draft.title ?? '')
  const [why, setWhy] = useState('')
  const proposing = useMutation({
    mutationFn: () =>
      propose(draft.draft.name, { title: what.trim(), why: why.trim() }, draft.etag),
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ['drafts'] })
      if (made.change !== null) go(`/approvals/${made.change}`)
    },
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    proposing.mutate()
  }
  return (
    <form className="walk-form" onSubmit={submit} aria-label={PUBLISH.propose}>
      <TextInput
        size="xs"
        label={PUBLISH.what}
        required
        maxLength={200}
        value={what}
        onChange={(event) => setWhat(event.currentTarget.value)}
      />
      <Textarea
        size="xs"
        label={PUBLISH.why}
        autosize
        minRows={2}
        maxLength={2_000}
        value={why}
        onChange={(event) => setWhy(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" loading={proposing.isPending} disabled={what.trim() === ''}>
        {isAgain ? PUBLISH.again : PUBLISH.send}
      </Button>
      {proposing.isError && <Trouble error={proposing.error} />}
      {proposing.data?.problems !== undefined && proposing.data.problems.length > 0 && (
        <Mistakes problems={proposing.data.problems} />
      )}
    </form>
  )
}

/** What will be so once it runs: said before anybody is asked. */
function Afterwards() {
  return (
    <Card title={PUBLISH.afterwards}>
      <ul className="rehearse-facts">
        <li>{PUBLISH.inside}</li>
        <li>{PUBLISH.void}</li>
        <li>{PUBLISH.back}</li>
      </ul>
    </Card>
  )
}
