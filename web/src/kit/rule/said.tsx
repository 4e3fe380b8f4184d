// Below a rule: the server's words for it, what is wrong and how to put it right, and who matches now.
import type { UseQueryResult } from '@tanstack/react-query'
import { Button } from '@mantine/core'
import { count, share } from '@/words/format'
import { RULE } from '@/words/rule'
import type { components } from '@/api/schema'
import type { Json } from '../form/json'
import { Note } from '../note'
import { Trouble } from '../trouble'
import type { ShownRule } from './ask'
import { type Problem, repaired } from './repair'

type Matching = components['schemas']['Matching']

type Props = {
  query: UseQueryResult<ShownRule>
  isBehind: boolean
  rule: Json
  path: string
  onRepair?: (rule: Json) => void
}

export function ReadBack({ query, isBehind, rule, path, onRepair }: Props) {
  const { data } = query
  if (data === undefined) {
    if (query.isError) return <Trouble error={query.error} retry={query.refetch} />
    return <p className="small quiet">{RULE.checking}</p>
  }
  return (
    <div className="rule-said" aria-busy={isBehind} data-behind={isBehind} aria-live="polite">
      {query.isError && <Trouble error={query.error} retry={query.refetch} />}
      {data.sentence !== '' && (
        <p className="rule-sentence" aria-label={RULE.readBack}>
          {capital(data.sentence)}.
        </p>
      )}
      <Problems problems={data.problems} rule={rule} path={path} onRepair={onRepair} />
      {data.who !== null && <Audience who={data.who} />}
    </div>
  )
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

type ProblemsProps = Pick<Props, 'rule' | 'path' | 'onRepair'> & { problems: readonly Problem[] }

function Problems({ problems, rule, path, onRepair }: ProblemsProps) {
  return problems.map((problem) => (
    <Note
      key={`${problem.code} ${problem.path} ${problem.what}`}
      tone="bad"
      title={problem.what}
      action={
        onRepair === undefined ? undefined : (
          <span className="fields">
            {(problem.repairs ?? []).map((repair) => {
              const next = repaired(rule, path, repair)
              return next === null ? null : (
                <Button
                  key={repair.title}
                  size="compact-xs"
                  variant="default"
                  onClick={() => onRepair(next)}
                >
                  {repair.title}
                </Button>
              )
            })}
          </span>
        )
      }
    >
      {problem.fix} <span className="mono">{problem.code}</span>
    </Note>
  ))
}

/** Each part in turn: how many are still in after it, and how many it takes out. */
function Audience({ who }: { who: Matching }) {
  const { looked_at: looked, people, matching } = who
  const isSample = people > looked
  const canTell = who.rows.some((row) => row.untold === '')
  if (!canTell) return <p className="small quiet pretty">{RULE.none}</p>
  const part = matching === null || looked === 0 ? 0 : matching / looked
  return (
    <section className="rule-who" aria-label={RULE.matches}>
      <h4>{RULE.matches}</h4>
      <p>
        <strong className="num">{some(matching)}</strong>{' '}
        <span className="quiet">
          {RULE.ofPeople('', count(looked)).trim()}
          {matching !== null && matching > 0 && `, ${share(part)}`}
          {isSample && `; ${RULE.about(people)}, ${RULE.sample(looked)}`}
        </span>
      </p>
      <table className="rule-funnel">
        <thead className="sr">
          <tr>
            <th scope="col">{RULE.part}</th>
            <th scope="col">{RULE.holding}</th>
            <th scope="col">{RULE.removed}</th>
          </tr>
        </thead>
        <tbody>
          {who.rows.map((row, number) => (
            <tr key={`${number} ${row.sentence}`}>
              <td>{row.sentence}</td>
              {row.untold ? (
                <td colSpan={2} className="quiet">
                  {row.untold}
                </td>
              ) : (
                <>
                  <td className="num">{RULE.holds(some(row.matching))}</td>
                  <td className="num" data-none={row.removes === 0}>
                    {RULE.removes(some(row.removes))}
                  </td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {!who.is_whole && <p className="small quiet pretty">{RULE.partial}</p>}
    </section>
  )
}

function some(people: number | null | undefined): string {
  if (people === 0) return RULE.nobody
  return people === null || people === undefined ? RULE.few : count(people)
}
