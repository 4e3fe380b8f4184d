// A rule tried on one customer: which parts hold, and what each saw. It goes on record, so it is done
// when asked for and not at every key.
import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { IconChevronRight, IconSearch } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { RULE } from '@/words/rule'
import { isSame, type Json } from '../form/json'
import { Go } from '../go'
import { Value } from '../mask'
import { type MarkState, RoundMark } from '../mark'
import { Reveal } from '../reveal'
import { Refusal } from '../trouble'
import type { AskedRule } from './ask'

type Tried = components['schemas']['Tried']

export function TryOn({ asked }: { asked: AskedRule }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <section className="rule-try">
      <button
        type="button"
        className="rule-try-open"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <IconChevronRight size={14} aria-hidden="true" />
        {RULE.tryOn}
      </button>
      {isOpen && <Trial asked={asked} />}
    </section>
  )
}

function Trial({ asked }: { asked: AskedRule }) {
  const [who, setWho] = useState('')
  const [reason, setReason] = useState('')
  const trial = useMutation({ mutationFn: tried })
  const { data, variables } = trial
  const isBehind = variables !== undefined && !isSame(asOf(variables.asked), asOf(asked))

  function go(given: string) {
    setReason(given)
    if (who.trim() !== '') trial.mutate({ asked, who: who.trim(), reason: given })
  }
  function submit(event: FormEvent) {
    event.preventDefault()
    // The fields stand in an editor that may be a form's part itself.
    event.stopPropagation()
    go(reason)
  }

  return (
    <>
      <form className="row" onSubmit={submit} role="search">
        <TextInput
          className="grow"
          size="xs"
          aria-label={RULE.tryWho}
          placeholder={RULE.tryHint}
          leftSection={<IconSearch size={14} />}
          autoComplete="off"
          value={who}
          onChange={(event) => {
            setWho(event.currentTarget.value)
            setReason('')
          }}
        />
        <Button type="submit" size="xs" variant="default" loading={trial.isPending}>
          {RULE.tryDo}
        </Button>
      </form>
      {trial.isError && <Refusal error={trial.error} />}
      {data !== undefined && (
        <div className="rule-tried" data-behind={isBehind} aria-live="polite">
          <p>
            <RoundMark state={markOf(data.tried)} />
            <span className="grow strong">{RULE.verdicts[String(data.tried.holds)]}</span>
            <Go className="link small" to={`/customers/${data.person_id}`}>
              {RULE.tryOpen}
            </Go>
            <Reveal isRevealed={reason !== ''} refused={trial.error} onReveal={go} />
          </p>
          {isBehind && <p className="small quiet">{RULE.tryBehind}</p>}
          <Parts parts={[data.tried]} isTop />
          <p className="small quiet pretty">{RULE.tryRecord}</p>
        </div>
      )}
    </>
  )
}

type Asked = { asked: AskedRule; who: string; reason: string }

function tried({ asked, who, reason }: Asked) {
  const headers = reason === '' ? {} : { 'Legato-Reason': encodeURIComponent(reason) }
  return take(api.POST('/api/drawing/try', { body: { ...asked, who }, headers }))
}

const asOf = ({ rule, event, on }: AskedRule): Json => [rule as Json, event, on]

type PartsProps = { parts: readonly Tried[]; isTop?: boolean; isNone?: boolean }

/** The parts of a rule that must all hold stand side by side; groups are named by their word. */
function Parts({ parts, isTop = false, isNone = false }: PartsProps) {
  const [only] = parts
  if (isTop && only?.word === 'all') return <Parts parts={only.parts ?? []} />
  return (
    <ul>
      {parts.map((part, number) => (
        <li key={number}>
          <RoundMark state={markOf(part, isNone)} />
          <div className="grow">
            <span className="sr">{RULE.verdict[String(part.holds)]}: </span>
            {part.word ? RULE.words[part.word] : part.sentence}
            {part.seen && (
              <span className="quiet">
                {' '}
                ({RULE.seen} <Value value={part.seen} />)
              </span>
            )}
            {part.untold && <p className="small quiet">{RULE.untold(part.untold)}</p>}
            {part.parts && part.parts.length > 0 && (
              <Parts parts={part.parts} isNone={part.word === 'none'} />
            )}
          </div>
        </li>
      ))}
    </ul>
  )
}

/** Where none may hold, the one that does is what stands in the way. */
function markOf({ holds }: Tried, isNone = false): MarkState {
  if (holds === null || (isNone && !holds)) return 'none'
  return holds !== isNone ? 'pass' : 'refuse'
}
