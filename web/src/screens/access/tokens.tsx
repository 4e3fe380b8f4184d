// The programs that call: their tokens, what each may, and when it was last used.
import { Button, Modal, Skeleton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNames } from '@/api/actors'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Trouble } from '@/kit/trouble'
import { ACCESS } from '@/words/access'
import { No } from '@/kit/no'
import { useGrave } from './proof'
import { NewToken } from './token'

type Token = components['schemas']['ShownToken']

const WORDS = ACCESS.tokens

export function Tokens() {
  const [isMaking, setMaking] = useState(false)
  const [revoked, setRevoked] = useState<Token | null>(null)
  const tokens = useQuery({ queryKey: ['tokens'], queryFn: () => take(api.GET('/api/tokens')) })
  if (tokens.data === undefined) {
    if (tokens.isError) return <Trouble error={tokens.error} retry={tokens.refetch} />
    return <Skeleton h={320} />
  }
  return (
    <>
      <div className="row">
        <p className="quiet pretty grow">{WORDS.lead}</p>
        <Button
          size="xs"
          leftSection={<IconPlus size={15} stroke={1.8} />}
          onClick={() => setMaking(true)}
        >
          {WORDS.add}
        </Button>
      </div>
      {tokens.data.length === 0 ? (
        <Empty title={WORDS.none}>{WORDS.noneWhy}</Empty>
      ) : (
        <Rows tokens={tokens.data} onRevoke={setRevoked} />
      )}
      <NewToken isOpen={isMaking} onClose={() => setMaking(false)} />
      <Revoking token={revoked} onClose={() => setRevoked(null)} />
    </>
  )
}

function Rows({ tokens, onRevoke }: { tokens: readonly Token[]; onRevoke: (one: Token) => void }) {
  const nameOf = useNames()
  return (
    <Card isBare>
      <Table
        label={WORDS.name}
        rows={tokens}
        keyOf={(row) => row.name}
        columns={[
          { name: WORDS.name, cell: (row) => <span className="strong">{row.name}</span> },
          { name: WORDS.may, width: '26%', cell: (row) => <May token={row} /> },
          { name: WORDS.routes, cell: (row) => <Routes prefixes={row.prefixes ?? []} /> },
          { name: WORDS.maker, cell: (row) => makerOf(row, nameOf) },
          { name: WORDS.seen, cell: (row) => <Seen at={row.seen_at} /> },
          { name: WORDS.ends, cell: (row) => <Ends token={row} /> },
          {
            name: '',
            side: 'end',
            cell: (row) => (
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`${WORDS.revoke} ${row.name}`}
                onClick={() => onRevoke(row)}
              >
                {WORDS.revoke}
              </Button>
            ),
          },
        ]}
      />
    </Card>
  )
}

function May({ token }: { token: Token }) {
  return (
    <span className="access-name">
      <span>{ACCESS.role[token.role]}</span>
      {token.permissions != null && (
        <span className="quiet small">{token.permissions.join(', ')}</span>
      )}
      {token.reveal_reason !== '' && token.reveal_reason !== undefined && (
        <span title={token.reveal_reason}>
          <Chip tone="warn">{WORDS.reveal}</Chip>
        </span>
      )}
    </span>
  )
}

function Routes({ prefixes }: { prefixes: readonly string[] }) {
  if (prefixes.length === 0) return <span className="quiet">{WORDS.anywhere}</span>
  return <span className="mono small">{prefixes.join(', ')}</span>
}

function makerOf(token: Token, nameOf: (actor: string) => string): string {
  if (!token.maker) return WORDS.machine
  const actor = `user:${token.maker}`
  const name = nameOf(actor)
  return name === actor ? WORDS.gone : name
}

function Seen({ at }: { at?: number | null }) {
  if (at == null || at === 0) return <span className="quiet">{WORDS.never}</span>
  return <Time at={at} as="ago" />
}

function Ends({ token }: { token: Token }) {
  if (token.expires_at == null) return <span className="quiet">{WORDS.endless}</span>
  if (token.is_over) return <Chip tone="warn">{WORDS.over}</Chip>
  return <Time at={token.expires_at} as="day" />
}

function Revoking({ token, onClose }: { token: Token | null; onClose: () => void }) {
  const grave = useGrave()
  const queries = useQueryClient()
  const revoking = useMutation({
    mutationFn: (name: string) =>
      grave(() => take(api.DELETE('/api/tokens/{name}', { params: { path: { name } } }))),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['tokens'] })
      onClose()
    },
  })
  return (
    <Modal
      opened={token !== null}
      onClose={onClose}
      title={token && WORDS.revokeTitle(token.name)}
      closeButtonProps={{ 'aria-label': ACCESS.close }}
    >
      {token !== null && (
        <div className="access-form">
          <p>{WORDS.revokeWhat}</p>
          <No error={revoking.error} />
          <div className="row">
            <Button
              size="xs"
              color="red"
              loading={revoking.isPending}
              onClick={() => revoking.mutate(token.name)}
            >
              {WORDS.revoke}
            </Button>
            <Button size="xs" variant="default" onClick={onClose}>
              {ACCESS.cancel}
            </Button>
          </div>
        </div>
      )}
    </Modal>
  )
}
