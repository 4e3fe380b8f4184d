// A crowd that does not exist lives through the draft: asked for, watched, and what came of it.
import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { FoundOf, Rehearsal, TaskOf } from '@/api/rehearsals'
import { useParam } from '@/kit/go'
import { Note } from '@/kit/note'
import { type Figure, Stats } from '@/kit/stat'
import { count, title } from '@/words/format'
import { SIMULATE } from '@/words/simulate'
import type { Subject } from './about'
import { CrowdFlow } from './crowd-flow'
import { Gates, Journeys, Meetings, Offers } from './crowd-tables'
import { digitsOf, figure, MICROS, signed, sum } from './figures'
import { Days, Pressure } from './plots'
import { Mistakes, Run } from './run'

type Found = FoundOf<'simulate'>

const LIMITS = { people: [1, 20_000], days: [1, 365], seed: [0, 1_000_000_000] } as const
type Wish = keyof typeof LIMITS

export function Simulate({ subject }: { subject: Subject }) {
  const [crowd, setCrowd] = useParam('crowd')
  const [beside, setBeside] = useParam('beside')
  const people = useWhole('people', '1000')
  const days = useWhole('days', '30')
  const seed = useWhole('seed', '1')
  const crowds = useQuery({
    queryKey: ['rehearsals', 'crowds'],
    queryFn: () => take(api.GET('/api/rehearsals/crowds')),
  })
  const task: TaskOf<'simulate'> = {
    kind: 'simulate',
    crowd,
    people: people.value ?? 1,
    days: days.value ?? 1,
    seed: seed.value ?? 0,
    beside_running: beside === 'yes' && subject.draftName !== '',
  }
  const asks = (
    <>
      <NativeSelect
        size="xs"
        label={SIMULATE.crowd}
        data={[
          { value: '', label: SIMULATE.recorded },
          ...(crowds.data?.crowds ?? []).map((each) => ({
            value: each.name,
            label: each.is_recorded
              ? SIMULATE.cast(title(each.name))
              : SIMULATE.declared(title(each.name)),
          })),
        ]}
        value={crowd}
        onChange={(event) => setCrowd(event.currentTarget.value)}
      />
      <Whole label={SIMULATE.people} wish={people} width={82} />
      <Whole label={SIMULATE.days} wish={days} width={64} />
      <Whole label={SIMULATE.seed} wish={seed} width={82} />
      {subject.draftName !== '' && (
        <Checkbox
          size="xs"
          label={SIMULATE.beside}
          checked={beside === 'yes'}
          onChange={(event) => setBeside(event.currentTarget.checked ? 'yes' : '')}
        />
      )}
    </>
  )
  const isRight = [people, days, seed].every((each) => each.value !== null)
  return (
    <>
      {crowds.data !== undefined && crowds.data.problems.length > 0 && (
        <Mistakes problems={crowds.data.problems} title={SIMULATE.crowdsWrong} />
      )}
      <Run task={task} subject={subject} words={SIMULATE} asks={asks} isRight={isRight}>
        {(found, made) => <Lived found={found} made={made} subject={subject} />}
      </Run>
    </>
  )
}

type Whole = { text: string; value: number | null; most: number; set: (text: string) => void }

/** A whole number of the address; null where what is written is none, or is too large. */
function useWhole(name: Wish, usual: string): Whole {
  const [text, set] = useParam(name, usual)
  const [least, most] = LIMITS[name]
  const value = /^\d+$/.test(text) ? Number(text) : -1
  return { text, value: value >= least && value <= most ? value : null, most, set }
}

function Whole({ label, wish, width }: { label: string; wish: Whole; width: number }) {
  return (
    <TextInput
      size="xs"
      w={width}
      label={label}
      inputMode="numeric"
      value={wish.text}
      error={wish.value === null && `${SIMULATE.wrong} ${count(wish.most)}`}
      onChange={(event) => wish.set(event.currentTarget.value.trim())}
    />
  )
}

type LivedProps = { found: Found; made: Rehearsal; subject: Subject }

function Lived({ found, made, subject }: LivedProps) {
  return (
    <>
      <div className="rehearse-bar">
        <p className="grow small ink2">
          <span className="strong">
            {SIMULATE.told(count(found.lives), found.days, found.seed)}.
          </span>{' '}
          {found.is_recorded ? SIMULATE.castFrom : SIMULATE.declaredAs(title(found.crowd))}{' '}
          {SIMULATE.did(count(found.now.people))} {SIMULATE.same}
        </p>
        {made.has_page === true && (
          <Button
            size="xs"
            variant="default"
            component="a"
            leftSection={<IconDownload size={14} />}
            href={`/api/rehearsals/${made.rehearsal_id}/page`}
            download={`simulation-${found.seed}.html`}
          >
            {SIMULATE.save}
          </Button>
        )}
      </div>
      <Stats figures={figuresOf(found)} />
      <Days found={found} />
      <div className="rehearse-two" data-even="true">
        <Pressure found={found} />
        <Meetings found={found} />
        <Gates found={found} />
        <Offers found={found} />
      </div>
      <Journeys found={found} />
      <CrowdFlow found={found} subject={subject} name={made.rehearsal_id} />
      <Note title={SIMULATE.limits}>{SIMULATE.limitsWhy}</Note>
    </>
  )
}

function figuresOf({ now, was, currency }: Found): Figure[] {
  const refused = (life: Found['now']) => life.gates.reduce((all, each) => all + each.count, 0)
  const beside = (before: number | undefined, after: number, digits = 0) => {
    if (before === undefined) return ''
    if (before === after) return SIMULATE.sameAsRuns
    return `${signed(after - before, digits)} · ${SIMULATE.before(figure(before, digits))}`
  }
  const [sent, cost] = [sum(now.sent), now.cost_micros / MICROS]
  const digits = digitsOf(was == null ? now.cost_micros : now.cost_micros - was.cost_micros)
  const { p50, p95, p99, most } = now.week
  return [
    { name: SIMULATE.messages, value: count(sent), more: beside(was?.sent && sum(was.sent), sent) },
    { name: SIMULATE.reached, value: count(now.reached), more: beside(was?.reached, now.reached) },
    { name: SIMULATE.perWeek, value: count(p50), more: SIMULATE.perWeekWhy(`${p95}`, `${p99}`) },
    { name: SIMULATE.most, value: count(most), more: beside(was?.week.most, most) },
    {
      name: SIMULATE.stopped,
      value: count(refused(now)),
      more: was == null ? SIMULATE.held(count(now.held)) : beside(refused(was), refused(now)),
    },
    {
      name: SIMULATE.cost(currency),
      value: figure(cost, digits),
      more: beside(was == null ? undefined : was.cost_micros / MICROS, cost, digits),
    },
  ]
}
