// Who may be the same person: what the two share, and the answer of whoever may give it.
import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay, useMe } from '@/app/session'
import { Go, useGo } from '@/kit/go'
import { No } from '@/kit/no'
import { count, share, title } from '@/words/format'
import { IDENTITY } from '@/words/identity'
import { shortId } from '@/words/notes'
import { BesideTable } from './beside'
import { Block } from './block'
import { JoinOther, useJoinTrial } from './join'
import { type Deed, Sure } from './sure'

type Match = components['schemas']['Match']

/** `seeing`: the reason for which personal values are shown; empty: they are masked. */
type Seen = { who: string; seeing: string }

const WAIT_SECONDS = 2
const AGAIN_MS = 200

export function Matches({ who, seeing }: Seen) {
  const may = useMay('identify')
  const { role } = useMe()
  const matches = useQuery({
    queryKey: ['matches', who],
    queryFn: () => take(api.GET('/api/matches', { params: { query: { who } } })),
    enabled: may,
  })
  return (
    <Block title={IDENTITY.maybe}>
      {!may && <p className="quiet small">{IDENTITY.mayNot(role)}</p>}
      <No error={matches.error} />
      {matches.data?.length === 0 && <p className="quiet small">{IDENTITY.maybeNone}</p>}
      {matches.data !== undefined && matches.data.length > 0 && (
        <ul aria-label={IDENTITY.maybe}>
          {matches.data.map((match) => (
            <Pair key={match.match_id} who={who} match={match} seeing={seeing} />
          ))}
        </ul>
      )}
      {may && (
        <div className="customer-look">
          <Look who={who} />
          <JoinOther who={who} seeing={seeing} />
        </div>
      )}
    </Block>
  )
}

function Pair({ who, match, seeing }: Seen & { match: Match }) {
  const [asked, ask] = useState<Deed | null>(null)
  const go = useGo()
  const other = match.one === who ? match.other : match.one
  const trial = useJoinTrial(who, asked === 'join' ? other : '', seeing)
  async function decide(deed: Deed, reason: string): Promise<string> {
    const path = { match_id: match.match_id }
    const body = { reason }
    if (deed === 'join') {
      const params = { path }
      const made = await take(api.POST('/api/matches/{match_id}/accept', { params, body }))
      return made.person_id
    }
    await take(api.POST('/api/matches/{match_id}/reject', { params: { path }, body }))
    return who
  }
  return (
    <li className="customer-match">
      <p>
        <Go className="link" to={`/customers/${other}`}>
          {IDENTITY.one(shortId(other))}
        </Go>{' '}
        <span className="quiet num">{IDENTITY.sure(share(match.probability))}</span>
      </p>
      <dl aria-label={IDENTITY.shared}>
        {match.evidence.map((each) => (
          <div key={each.trait}>
            <dt>{title(each.trait)}</dt>
            <dd>{each.agreement}</dd>
          </div>
        ))}
      </dl>
      <div className="row">
        <Button size="compact-xs" variant="default" onClick={() => ask('join')}>
          {IDENTITY.join}
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => ask('reject')}>
          {IDENTITY.reject}
        </Button>
      </div>
      {asked !== null && (
        <Sure
          deed={asked}
          name={shortId(other)}
          size={asked === 'join' ? 'xl' : 'md'}
          isRefused={asked === 'join' && trial.data?.joined === null}
          act={(reason) => decide(asked, reason)}
          onDone={(person) => person !== who && go(`/customers/${person}`)}
          onClose={() => ask(null)}
        >
          <No error={trial.error} />
          {asked === 'join' && trial.data !== undefined && <BesideTable trial={trial.data} />}
        </Sure>
      )}
    </li>
  )
}

/** Compare everybody, in the background; it says how far it is, and what it found. */
function Look({ who }: { who: string }) {
  const queries = useQueryClient()
  const begin = useMutation({
    mutationFn: () => take(api.POST('/api/matches/run')),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['matches', 'run'] }),
  })
  const run = useQuery({
    queryKey: ['matches', 'run'],
    queryFn: async () => {
      const params = { query: { wait: WAIT_SECONDS } }
      const now = await take(api.GET('/api/matches/run', { params }))
      if (now.phase === 'done') await queries.invalidateQueries({ queryKey: ['matches', who] })
      return now
    },
    enabled: begin.isSuccess,
    refetchInterval: (query) => (isOver(query.state.data?.phase) ? false : AGAIN_MS),
  })
  const isBusy = begin.isPending || (begin.isSuccess && !isOver(run.data?.phase))
  return (
    <>
      <Button size="compact-xs" variant="default" loading={isBusy} onClick={() => begin.mutate()}>
        {IDENTITY.look}
      </Button>
      <p className="quiet small" role="status">
        {begin.isSuccess && run.data !== undefined && said(run.data)}
      </p>
      <No error={begin.error ?? run.error} />
    </>
  )
}

type Run = components['schemas']['MatchRun']

function isOver(phase: Run['phase'] | undefined): boolean {
  return phase === 'done' || phase === 'failed' || phase === 'none'
}

function said({ phase, done = 0, total = 0, found = 0, problem = '' }: Run): string {
  if (phase === 'failed') return problem
  if (phase === 'done') return IDENTITY.looked(found)
  return total > 0 ? IDENTITY.looking(count(done), count(total)) : IDENTITY.begun
}
