// Trying a connection out: what would be sent; and, on an explicit click, one real call.
import { Button, Modal } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { useGrave } from '@/screens/access/proof'
import { Card } from '@/kit/card'
import { ChoiceField, JsonField, TextField } from '@/kit/form/inputs'
import { isObject, type Json, type JsonObject } from '@/kit/form/json'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { CONNECTIONS } from '@/words/connections'
import { doing } from './parts'
import { Exchanges, Requests } from './requests'

type Connector = components['schemas']['ShownConnector']
type Operation = components['schemas']['ConnectionDraft']['operation']

const WORDS = CONNECTIONS.tryOut
const CALLED = ['event', 'send', 'call']

/** `name`: of the destination, where it runs. */
type Props = { name: string; connector: Connector; fields: JsonObject }

export function TryOut({ name, connector, fields }: Props) {
  const operations = connector.line.does as Operation[]
  const [operation, setOperation] = useState<Operation>(operations[0] ?? 'event')
  const samples = (connector.samples ?? {}) as Record<string, { address: string; content: Json }>
  const [address, setAddress] = useState(samples[operation]?.address ?? '')
  const [content, setContent] = useState<Json>(samples[operation]?.content ?? {})
  const [isAsking, setAsking] = useState(false)
  const mayAdmin = useMay('administer')
  const mayRepair = useMay('repair')
  const may = name === '' ? mayAdmin : mayRepair
  const grave = useGrave()
  const sample = { operation, address, content: isObject(content) ? content : {} }
  const draft = {
    ...sample,
    connector: connector.line.id,
    settings: isObject(fields.settings) ? fields.settings : {},
    allow_private: fields.allow_private === true,
  }
  const trial = useMutation({
    mutationFn: () => take(api.POST('/api/connections/try', { body: draft })),
  })
  const call = useMutation({
    mutationFn: () =>
      name === ''
        ? grave(() => take(api.POST('/api/connections/call', { body: draft })))
        : take(
            api.POST('/api/destinations/{name}/call', { params: { path: { name } }, body: sample }),
          ),
    onSettled: () => setAsking(false),
  })
  function choose(next: Operation) {
    setOperation(next)
    setAddress(samples[next]?.address ?? '')
    setContent(samples[next]?.content ?? {})
    trial.reset()
    call.reset()
  }
  const isCalled = CALLED.includes(operation)
  return (
    <Card title={WORDS.title}>
      <div className="connections-form">
        <p className="ink2 small">{WORDS.lead}</p>
        <div className="connections-field">
          <span className="connections-label" aria-hidden="true">
            {WORDS.operation}
          </span>
          <ChoiceField<Operation>
            label={WORDS.operation}
            value={operation}
            options={operations.map((each) => [each, doing([each])] as const)}
            onChange={choose}
          />
        </div>
        {operation !== 'event' && (
          <div className="connections-field">
            <span className="connections-label" aria-hidden="true">
              {WORDS.address}
            </span>
            <TextField label={WORDS.address} isLong value={address} onChange={setAddress} />
          </div>
        )}
        <div className="connections-field">
          <span className="connections-label" aria-hidden="true">
            {WORDS.content}
          </span>
          <JsonField key={operation} label={WORDS.content} value={content} onChange={setContent} />
        </div>
        <div className="row wrap">
          <Button
            size="xs"
            variant="default"
            loading={trial.isPending}
            onClick={() => trial.mutate()}
          >
            {WORDS.show}
          </Button>
          <Button
            size="xs"
            variant="default"
            disabled={!may || !isCalled}
            title={!isCalled ? WORDS.notCalled : may ? undefined : WORDS.mayNot(name !== '')}
            onClick={() => {
              trial.mutate()
              setAsking(true)
            }}
          >
            {WORDS.call}
          </Button>
        </div>
        <No error={trial.error} />
        <No error={call.error} />
        {trial.data !== undefined && <Requests trial={trial.data} />}
        {call.data !== undefined && (
          <>
            <Note
              tone={call.data.is_taken ? 'ok' : 'bad'}
              title={call.data.is_taken ? WORDS.taken : WORDS.notTaken}
            >
              {call.data.why_not}
            </Note>
            <Exchanges exchanged={call.data.exchanged} />
          </>
        )}
      </div>
      <Modal
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={WORDS.sure}
        size="lg"
        closeButtonProps={{ 'aria-label': WORDS.close }}
      >
        <div className="connections-form">
          <p className="ink2">{WORDS.sureWhy(name === '')}</p>
          {trial.data !== undefined && <Requests trial={trial.data} />}
          <Button
            loading={call.isPending}
            disabled={trial.data === undefined || (trial.data.mistakes ?? []).length > 0}
            onClick={() => call.mutate()}
          >
            {WORDS.sureDo}
          </Button>
        </div>
      </Modal>
    </Card>
  )
}
