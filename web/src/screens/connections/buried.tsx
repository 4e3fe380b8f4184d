// One dead delivery: why it died, what would be sent, what was answered, and sending it again.
import { Button, Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { api, Refused, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { Go } from '@/kit/go'
import { Head } from '@/kit/head'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { type Pair, Pairs } from '@/kit/pairs'
import { Reveal } from '@/kit/reveal'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { BROKEN } from '@/words/broken'
import { CONNECTIONS } from '@/words/connections'
import { title } from '@/words/format'
import './connections.css'
import { redrive } from './dead'
import { reasonHeaders } from './reason'
import { Requests } from './requests'

type Delivery = components['schemas']['WholeDelivery']

const WORDS = BROKEN.dead
const UNDER = { label: WORDS.title, to: '/connections/dead' }

export default function One() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const [reason, setReason] = useState('')
  const params = { path: { delivery_id: id } }
  const headers = reasonHeaders(reason)
  const delivery = useQuery({
    queryKey: ['dead', 'one', id, reason],
    queryFn: () => take(api.GET('/api/deliveries/{delivery_id}', { params, headers })),
    retry: false,
  })
  const requests = useQuery({
    queryKey: ['dead', 'requests', id, reason],
    queryFn: () => take(api.GET('/api/deliveries/{delivery_id}/requests', { params, headers })),
    enabled: delivery.data !== undefined,
    retry: false,
  })
  const isGone = delivery.error instanceof Refused && delivery.error.status === 404
  return (
    <>
      <Head title={title(delivery.data?.line.message ?? '') || WORDS.one} under={UNDER}>
        <Reveal isRevealed={reason !== ''} refused={delivery.error} onReveal={setReason} />
      </Head>
      <Stale query={delivery} />
      <div className="page">
        <div className="page-in connections">
          {delivery.data !== undefined ? (
            <>
              <Why of={delivery.data} />
              <div className="connections-two">
                <div className="connections-column">
                  <Card title={WORDS.request}>
                    {requests.data !== undefined ? (
                      <Requests trial={requests.data} />
                    ) : requests.isError ? (
                      <No error={requests.error} />
                    ) : (
                      <Skeleton h={120} />
                    )}
                  </Card>
                  <Card title={WORDS.content}>
                    <pre className="mono connections-pre">
                      {JSON.stringify(delivery.data.content, null, 2)}
                    </pre>
                  </Card>
                </div>
                <div className="connections-column">
                  <Answer of={delivery.data} />
                  <Card title={WORDS.about}>
                    <Pairs pairs={facts(delivery.data)} />
                  </Card>
                </div>
              </div>
            </>
          ) : isGone ? (
            <Empty title={WORDS.gone}>{WORDS.goneWhy}</Empty>
          ) : delivery.isError ? (
            <Trouble error={delivery.error} retry={delivery.refetch} />
          ) : (
            <Skeleton h={320} />
          )}
        </div>
      </div>
    </>
  )
}

function Why({ of }: { of: Delivery }) {
  const may = useMay('repair')
  const queries = useQueryClient()
  const again = useMutation({
    mutationFn: () => redrive([of.line.delivery_id]),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['dead', 'reasons'] }),
  })
  return (
    <>
      <Note
        tone="warn"
        title={of.line.reason?.what ?? WORDS.noReason}
        action={
          <Button
            size="xs"
            variant="default"
            loading={again.isPending}
            disabled={!may || again.isSuccess}
            title={may ? undefined : BROKEN.quarantine.mayNot}
            onClick={() => again.mutate()}
          >
            {WORDS.redrive}
          </Button>
        }
      >
        <span className="mono">{of.line.reason?.code}</span>
      </Note>
      {again.isSuccess && (
        <Note tone="ok" title={WORDS.done('1')}>
          {WORDS.doneWhy}
        </Note>
      )}
      <No error={again.error} />
    </>
  )
}

function Answer({ of }: { of: Delivery }) {
  const { answer } = of
  return (
    <Card title={WORDS.answer}>
      {answer == null ? (
        <p className="quiet">{WORDS.noAnswer}</p>
      ) : (
        <figure className="connections-request">
          <figcaption className="row">
            <Chip tone="bad">{CONNECTIONS.tryOut.answered(answer.status)}</Chip>
            <Time at={answer.at} as="ago" />
          </figcaption>
          {answer.text !== '' && (
            <pre className="mono" tabIndex={0} aria-label={WORDS.answer}>
              {answer.text}
            </pre>
          )}
        </figure>
      )}
    </Card>
  )
}

function facts(of: Delivery): Pair[] {
  const { line } = of
  const destination = (
    <Go className="link" to={`/connections/destinations/${line.destination}`}>
      {title(line.destination)}
    </Go>
  )
  const pairs: Pair[] = [
    { name: WORDS.destination, value: destination },
    { name: WORDS.address, value: of.address },
    { name: WORDS.purpose, value: title(of.purpose) || CONNECTIONS.none },
    { name: WORDS.decided, value: <Time at={line.decided_at} as="ago" /> },
    { name: WORDS.ends, value: <Time at={line.expires_at} as="ago" /> },
  ]
  if (line.journey !== '') {
    const value = (
      <Go className="link" to={`/journeys/${line.journey}`}>
        {title(line.journey)}
      </Go>
    )
    pairs.push({ name: WORDS.journey, value })
  }
  const person = (
    <Go className="link" to={`/customers/${line.person_id}`}>
      {WORDS.customer}
    </Go>
  )
  return [...pairs, { name: '', value: person }]
}
