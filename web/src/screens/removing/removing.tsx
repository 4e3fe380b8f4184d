// Taking a definition out: what uses it, what would be wrong without it, and the proposal.
import { Button, Modal, Skeleton, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { useGo } from '@/kit/go'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { Table } from '@/kit/table'
import { Definition } from '@/screens/dictionary/places'
import { title as titled } from '@/words/format'
import { REMOVING } from '@/words/removing'
import './removing.css'

type Use = components['schemas']['RestsOn']
export type Wish = { title: string; why: string }
export type Removal = {
  uses: readonly Use[]
  /** What would be wrong without it, in words. */
  wrong: readonly string[]
  /** What changes, in words. */
  changes: readonly string[]
}

type Props = {
  kind: string
  name: string
  read: () => Promise<Removal>
  /** Propose it; resolves with the number of the change. */
  propose: (wish: Wish) => Promise<number>
  /** Why it cannot be removed now. */
  closed?: string
}

export function Removing(props: Props) {
  const may = useMay('propose')
  const [isOpen, setOpen] = useState(false)
  const why = may ? props.closed : REMOVING.mayNot
  return (
    <>
      <Button
        size="xs"
        variant="default"
        disabled={why !== undefined}
        title={why}
        onClick={() => setOpen(true)}
      >
        {REMOVING.open}
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={REMOVING.title(titled(props.name))}
        size={560}
        closeButtonProps={{ 'aria-label': REMOVING.close }}
      >
        <Sheet {...props} />
      </Modal>
    </>
  )
}

function Sheet({ kind, name, read, propose }: Props) {
  const removal = useQuery({ queryKey: ['removal', kind, name], queryFn: read, gcTime: 0 })
  const { data } = removal
  return (
    <div className="removing">
      <p className="small pretty">{REMOVING.lead}</p>
      <No error={removal.error} />
      {data === undefined && !removal.isError && <Skeleton h={160} />}
      {data !== undefined && (
        <>
          <Uses uses={data.uses} />
          <Wrong wrong={data.wrong} />
          {data.wrong.length === 0 && data.changes.length > 0 && (
            <section>
              <h3>{REMOVING.changes}</h3>
              <ul>
                {data.changes.map((each) => (
                  <li key={each}>{each}</li>
                ))}
              </ul>
            </section>
          )}
          <Propose name={name} isClosed={data.wrong.length > 0} propose={propose} />
        </>
      )}
    </div>
  )
}

function Uses({ uses }: { uses: readonly Use[] }) {
  if (uses.length === 0) return <Note tone="ok" title={REMOVING.usesNone} />
  return (
    <section>
      <h3>{REMOVING.uses}</h3>
      <div className="removing-uses" tabIndex={0} role="region" aria-label={REMOVING.uses}>
        <Table
          label={REMOVING.uses}
          rows={uses}
          keyOf={(row) => `${row.family} ${row.name}`}
          columns={[
            {
              name: REMOVING.use,
              cell: (row) => (
                <>
                  <span className="quiet">{familyOf(row.family)} </span>
                  <Definition family={row.family} name={row.name} />
                </>
              ),
            },
            {
              name: REMOVING.how,
              cell: (row) => (
                <span className="quiet">
                  {row.through === ''
                    ? REMOVING.names
                    : REMOVING.through(row.through.replaceAll('_', ' '))}
                </span>
              ),
            },
          ]}
        />
      </div>
    </section>
  )
}

const WRONG_SHOWN = 3

function Wrong({ wrong }: { wrong: readonly string[] }) {
  if (wrong.length === 0) return null
  return (
    <Note tone="warn" title={REMOVING.first}>
      {REMOVING.firstWhy}
      {wrong.slice(0, WRONG_SHOWN).map((each) => (
        <span className="removing-wrong" key={each}>
          {each}
        </span>
      ))}
      {wrong.length > WRONG_SHOWN && (
        <span className="removing-wrong">{REMOVING.others(wrong.length - WRONG_SHOWN)}</span>
      )}
    </Note>
  )
}

type ProposeProps = Pick<Props, 'name' | 'propose'> & { isClosed: boolean }

function Propose({ name, propose, isClosed }: ProposeProps) {
  const go = useGo()
  const queries = useQueryClient()
  const [said, setSaid] = useState<string>(REMOVING.title(titled(name)))
  const [why, setWhy] = useState('')
  const made = useMutation({
    mutationFn: () => propose({ title: said.trim(), why: why.trim() }),
    onSuccess: async (number) => {
      await queries.invalidateQueries({ queryKey: ['changes'] })
      go(`/approvals/${number}`)
    },
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    made.mutate()
  }
  return (
    <form className="removing" onSubmit={submit}>
      <TextInput
        size="xs"
        label={REMOVING.words}
        required
        withAsterisk={false}
        maxLength={200}
        value={said}
        onChange={(event) => setSaid(event.currentTarget.value)}
      />
      <Textarea
        size="xs"
        label={REMOVING.why}
        maxLength={2_000}
        value={why}
        onChange={(event) => setWhy(event.currentTarget.value)}
      />
      <No error={made.error} />
      <Button
        type="submit"
        size="xs"
        loading={made.isPending}
        disabled={isClosed || said.trim() === ''}
      >
        {REMOVING.submit}
      </Button>
    </form>
  )
}

function familyOf(family: string): string {
  return family === 'quiet_hours' ? 'quiet hours' : family.replaceAll('_', ' ')
}
