// Find a customer by any identifier; below, to whom something has just happened.
import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRouterState } from '@tanstack/react-router'
import { IconSearch } from '@tabler/icons-react'
import { type FormEvent, useEffect, useState } from 'react'
import { api, Refused, take } from '@/api/client'
import { useOverview } from '@/api/queries'
import type { Told } from '@/api/types'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { Go, useGo } from '@/kit/go'
import { Head } from '@/kit/head'
import { Note } from '@/kit/note'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { CUSTOMERS } from '@/words/customers'
import { mainNote, shortId } from '@/words/notes'
import { presentOf } from './profile'
import './customers.css'

const STEPS_BACK = 400
const PEOPLE_MAX = 15

export default function Find() {
  // Somebody's address stands in no address of a page: the palette hands it over in the history.
  const handed = useRouterState({ select: (state) => state.location.state }) as { find?: string }
  return <Finder key={handed.find} handed={handed.find ?? ''} />
}

function Finder({ handed }: { handed: string }) {
  const [text, setText] = useState(handed)
  const search = useSearchFor()
  const { look } = search
  useEffect(() => void look(handed), [handed, look])

  function submit(event: FormEvent) {
    event.preventDefault()
    void look(text)
  }

  return (
    <>
      <Head title={CUSTOMERS.title} />
      <div className="page">
        <div className="page-in customers">
          <form className="customers-find" onSubmit={submit} role="search">
            <TextInput
              className="grow"
              size="md"
              aria-label={CUSTOMERS.find}
              placeholder={CUSTOMERS.placeholder}
              leftSection={<IconSearch size={16} stroke={1.7} />}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              autoComplete="off"
            />
            <Button type="submit" size="md" loading={search.isBusy}>
              {CUSTOMERS.submit}
            </Button>
          </form>
          {search.refused !== null && (
            <Note
              tone={search.refused.status === 404 ? 'quiet' : 'bad'}
              title={search.refused.status === 404 ? CUSTOMERS.unknown : search.refused.message}
            >
              {search.refused.status === 404 ? CUSTOMERS.unknownWhy : search.refused.fix}
            </Note>
          )}
          <Lately />
        </div>
      </div>
    </>
  )
}

function useSearchFor() {
  const go = useGo()
  const [isBusy, setBusy] = useState(false)
  const [refused, setRefused] = useState<Refused | null>(null)
  const [look] = useState(() => async (text: string) => {
    const who = text.trim()
    if (who === '') return
    setBusy(true)
    setRefused(null)
    try {
      const found = await take(api.GET('/api/people/{who}', { params: { path: { who } } }))
      go(`/customers/${presentOf(found).person_id}`)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      setRefused(error)
    } finally {
      setBusy(false)
    }
  })
  return { isBusy, refused, look }
}

function Lately() {
  const overview = useOverview()
  const applied = overview.data?.status.applied
  const after = Math.max((applied ?? 0) - STEPS_BACK, 0)
  const tail = useQuery({
    queryKey: ['people', 'lately', Math.floor(after / 50)],
    queryFn: () =>
      take(api.GET('/api/tail', { params: { query: { after, limit: 2 * STEPS_BACK } } })),
    enabled: applied !== undefined,
    placeholderData: (before) => before,
  })
  const people = lastOfEach(tail.data?.steps ?? [])
  if (tail.data !== undefined && people.length === 0) {
    return <Empty title={CUSTOMERS.nobody}>{CUSTOMERS.nobodyWhy}</Empty>
  }
  const words = CUSTOMERS.columns
  return (
    <Card title={CUSTOMERS.lately} isBare>
      <Table
        label={CUSTOMERS.lately}
        rows={people}
        keyOf={(step) => step.person_id}
        columns={[
          {
            name: words.who,
            width: 150,
            cell: (step) => (
              <Go className="link mono" to={`/customers/${step.person_id}`}>
                {shortId(step.person_id)}
              </Go>
            ),
          },
          { name: words.what, cell: (step) => mainNote(step).sentence },
          { name: words.when, side: 'end', cell: (step) => <Time at={step.at} as="ago" /> },
        ]}
      />
    </Card>
  )
}

/** The newest step of each person, newest first. */
function lastOfEach(steps: readonly Told[]): Told[] {
  const found = new Map<string, Told>()
  for (const step of [...steps].reverse()) {
    if (step.person_id !== '' && !found.has(step.person_id)) found.set(step.person_id, step)
  }
  return [...found.values()].slice(0, PEOPLE_MAX)
}
