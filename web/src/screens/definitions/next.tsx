// What becomes of files from elsewhere: a draft, a change like any other, or only other words.
import { Button, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, Refused, take } from '@/api/client'
import { Clash, save } from '@/api/drafts'
import type { Problem } from '@/api/types'
import { useMay, useMe } from '@/app/session'
import { Card } from '@/kit/card'
import { useGo } from '@/kit/go'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { draftOf } from '@/screens/segments/names'
import { DEFINITIONS } from '@/words/definitions'
import { title } from '@/words/format'
import type { Arrival, How } from './arrived'
import { type Brought, putAway } from './given'
import { Mistakes } from './meaning'

type Props = { arrival: Arrival; brought: Brought; how: How; isFetching: boolean }

export function Next(props: Props) {
  const may = useMay('propose')
  const { role } = useMe()
  return (
    <aside className="definitions" aria-label={DEFINITIONS.next}>
      {!may ? (
        <Card title={DEFINITIONS.next}>
          <p className="quiet small pretty">{DEFINITIONS.mayNotPropose(role)}</p>
        </Card>
      ) : props.arrival.is_same ? (
        <Words {...props} />
      ) : (
        <>
          <AsDraft {...props} />
          <AsChange {...props} />
        </>
      )}
    </aside>
  )
}

function AsDraft({ arrival, isFetching }: Props) {
  const go = useGo()
  const queries = useQueryClient()
  const subject = subjectOf(arrival)
  const keep = useMutation({
    mutationFn: async () => {
      if (subject === null) return
      const taken = (await take(api.GET('/api/drafts'))).map((each) => each.name)
      const name = free(subject.draft, taken)
      const { base, texts } = arrival
      const words = `${title(subject.name)}: ${DEFINITIONS.draftName.toLowerCase()}`
      await save({ name, journey: subject.journey, title: words, base, files: texts }, '')
      await queries.invalidateQueries({ queryKey: ['drafts'] })
      putAway()
      go(subject.page, subject.journey === '' ? {} : { draft: name, lens: 'changes' })
    },
  })
  const isOpen = subject !== null && Object.keys(arrival.texts).length > 0
  return (
    <Card title={DEFINITIONS.draft}>
      <div className="definitions-form">
        <p className="quiet small pretty">{isOpen ? DEFINITIONS.draftWhy : DEFINITIONS.noDraft}</p>
        {isOpen && arrival.files.some((each) => each.is_shut) && (
          <p className="quiet small pretty">{DEFINITIONS.draftShut}</p>
        )}
        {isOpen && (
          <Button
            size="xs"
            variant="default"
            loading={keep.isPending}
            disabled={isFetching}
            onClick={() => keep.mutate()}
          >
            {DEFINITIONS.draft}
          </Button>
        )}
        {keep.error instanceof Clash ? (
          <Note tone="warn" title={DEFINITIONS.draftTaken} />
        ) : (
          <No error={keep.error} />
        )}
      </div>
    </Card>
  )
}

type Subject = { name: string; draft: string; journey: string; page: string }

/** Of what a draft of these files would be: the first journey, or else a segment. */
function subjectOf({ files }: Arrival): Subject | null {
  const named = files.filter((each) => !each.is_shut && each.how !== 'gone')
  const all = named.flatMap((each) => each.definitions)
  const journey = all.find((each) => each.startsWith('journey '))?.slice('journey '.length)
  const segment = all.find((each) => each.startsWith('segment '))?.slice('segment '.length)
  if (journey !== undefined) {
    const draft = `${journey.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '-')}-from-files`
    return { name: journey, draft, journey, page: `/journeys/${encodeURIComponent(journey)}` }
  }
  if (segment === undefined) return null
  // Of each segment there is one draft, which its page opens: another of that name is a clash.
  const draft = draftOf(segment)
  return { name: segment, draft, journey: '', page: `/segments/${encodeURIComponent(segment)}` }
}

function free(name: string, taken: readonly string[]): string {
  if (!taken.includes(name) || name.startsWith('segment-')) return name
  for (let number = 2; ; number += 1)
    if (!taken.includes(`${name}-${number}`)) return `${name}-${number}`
}

function AsChange({ arrival, brought, how, isFetching }: Props) {
  const go = useGo()
  const queries = useQueryClient()
  const [said, setSaid] = useState('')
  const [why, setWhy] = useState('')
  const propose = useMutation({
    mutationFn: async () => {
      let problems: readonly Problem[] = []
      const words = { title: said.trim(), why: why.trim(), base: arrival.base }
      const call = api.POST('/api/definitions/propose', {
        body: { given: [...brought.files], ...how, ...words },
      })
      const told = call.then((answer) => {
        problems = (answer.error as { problems?: Problem[] } | undefined)?.problems ?? []
        return answer
      })
      try {
        const made = await take(told)
        return { number: made.change?.number ?? null, problems }
      } catch (error) {
        if (problems.length > 0) return { number: null, problems }
        throw error
      }
    },
    onSuccess: async ({ number }) => {
      await queries.invalidateQueries({ queryKey: ['changes'] })
      if (number === null) return
      putAway()
      go(`/approvals/${number}`)
    },
    onError: async (error) => {
      if (error instanceof Refused && error.code === 'definitions.moved')
        await queries.invalidateQueries({ queryKey: ['definitions'] })
    },
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    propose.mutate()
  }
  const isWrong = arrival.problems.length > 0
  return (
    <>
      <Card title={DEFINITIONS.propose}>
        <form className="definitions-form" onSubmit={submit}>
          <p className="quiet small pretty">{DEFINITIONS.proposeWhy}</p>
          <TextInput
            size="xs"
            label={DEFINITIONS.name}
            maxLength={200}
            value={said}
            onChange={(event) => setSaid(event.currentTarget.value)}
            required
            withAsterisk={false}
          />
          <Textarea
            size="xs"
            label={DEFINITIONS.why}
            maxLength={2000}
            value={why}
            onChange={(event) => setWhy(event.currentTarget.value)}
          />
          {isWrong && <p className="quiet small">{DEFINITIONS.hasProblems}</p>}
          <Button
            type="submit"
            size="xs"
            loading={propose.isPending}
            disabled={isWrong || isFetching || said.trim() === ''}
          >
            {DEFINITIONS.propose}
          </Button>
          <No error={propose.error} />
        </form>
      </Card>
      {(propose.data?.problems.length ?? 0) > 0 && (
        <Mistakes problems={propose.data?.problems ?? []} />
      )}
    </>
  )
}

function Words({ arrival, brought, how, isFetching }: Props) {
  const may = useMay('apply')
  const queries = useQueryClient()
  const taking = useMutation({
    mutationFn: () =>
      take(
        api.POST('/api/definitions/words', {
          body: { given: [...brought.files], ...how, base: arrival.base },
        }),
      ),
    onSuccess: async () => {
      putAway()
      await queries.invalidateQueries()
    },
  })
  return (
    <Card title={DEFINITIONS.takeWords}>
      <div className="definitions-form">
        <p className="quiet small pretty">
          {may ? DEFINITIONS.takeWordsWhy : DEFINITIONS.mayNotTake}
        </p>
        {may && (
          <Button
            size="xs"
            loading={taking.isPending}
            disabled={isFetching}
            onClick={() => taking.mutate()}
          >
            {DEFINITIONS.takeWords}
          </Button>
        )}
        <No error={taking.error} />
      </div>
    </Card>
  )
}
