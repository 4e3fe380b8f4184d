// Who was asked, why, and what they said.
import { useNames } from '@/api/actors'
import type { ChangeRequest, ChangeShown } from '@/api/changes'
import { Card } from '@/kit/card'
import { RoundMark } from '@/kit/mark'
import { Time } from '@/kit/time'
import { APPROVALS } from '@/words/approvals'
import { isLive, teamName } from './state'

export function Answers({ shown, change }: { shown: ChangeShown; change: ChangeRequest }) {
  const nameOf = useNames()
  const answers = change.answers ?? []
  const missing = shown.missing ?? []
  const isAsked = (change.teams ?? []).length > 0
  return (
    <Card title={APPROVALS.answers}>
      {!isAsked && <p className="quiet small">{APPROVALS.nobodyAsked}</p>}
      {change.draft.reasons.length > 0 && (
        <p className="small">
          {APPROVALS.because} {change.draft.reasons.join('; ')}.
        </p>
      )}
      <ol className="approvals-answers">
        {answers.map((each) => (
          <li key={each.party.actor}>
            <RoundMark state={each.verdict === 'approve' ? 'pass' : 'refuse'} />
            <div>
              <p>
                <span className="strong">{nameOf(each.party.actor)}</span>{' '}
                {APPROVALS.said[each.verdict]} <Time at={each.at} as="ago" className="quiet" />
              </p>
              {each.why && <p className="quiet small">{each.why}</p>}
              <p className="quiet small">{each.teams.map(teamName).join(', ')}</p>
            </div>
          </li>
        ))}
        {missing.map((team) => (
          <li key={team}>
            <RoundMark state="hold" />
            <div>
              <p className="strong">{teamName(team)}</p>
              <p className="quiet small">
                {shown.silent?.includes(team) ? APPROVALS.silent : APPROVALS.noAnswer}
              </p>
            </div>
          </li>
        ))}
      </ol>
      {isLive(change) && missing.length > 0 && (
        <p className="quiet small">
          {change.escalated_at == null ? (
            <>
              {APPROVALS.due} <Time at={change.draft.due_at} as="ago" />.
            </>
          ) : (
            APPROVALS.escalated
          )}
        </p>
      )}
    </Card>
  )
}
