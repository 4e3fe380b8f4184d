// Connecting something, or changing it: a form, what becomes of the text, a try, and the proposal.
import { Button, Skeleton } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useLocation, useParams } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay, useMe } from '@/app/session'
import { Proving } from '@/screens/access/proof'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { TextField } from '@/kit/form/inputs'
import { isObject, type Json, type JsonObject } from '@/kit/form/json'
import { Go } from '@/kit/go'
import { Head } from '@/kit/head'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { Trouble } from '@/kit/trouble'
import { CONNECTIONS } from '@/words/connections'
import { title } from '@/words/format'
import { freeName, mistakesIn, withField, withSetting } from './draft'
import { More } from './more'
import { Propose } from './propose'
import { useConnector, useDestination, useDestinations, useSource, useSources } from './queries'
import { SettingsForm, type Setting } from './settings-form'
import { TryOut } from './try-out'

type Kind = 'destination' | 'source'
type Connector = components['schemas']['ShownConnector']

const WORDS = CONNECTIONS.edit
const SETTLE_MS = 400
const SDK = 'sdk'
const AS_IT_IS = { is_removed: false, without_key: '' }

export default function Edit() {
  const { name = '' } = useParams({ strict: false }) as { name?: string }
  // As it was when it opened: on the way out the address is already the next screen's.
  const { pathname: now } = useLocation()
  const [pathname] = useState(now)
  const kind: Kind = pathname.includes('/sources/') ? 'source' : 'destination'
  const isNew = pathname.includes('/new/')
  const { role } = useMe()
  const may = useMay('propose')
  if (!may) {
    return (
      <>
        <Head title={WORDS.title} />
        <Empty title={WORDS.mayNot}>{WORDS.mayNotWhy(role)}</Empty>
      </>
    )
  }
  const Page = isNew ? Adding : kind === 'source' ? ChangingSource : ChangingDestination
  return (
    <Proving>
      <Page key={name} name={name} kind={kind} />
    </Proving>
  )
}

type PageProps = { name: string; kind: Kind }

/** `name` is the connector's. */
function Adding({ name, kind }: PageProps) {
  const isSdk = kind === 'source' && name === SDK
  const connector = useConnector(kind, name, !isSdk)
  const destinations = useDestinations()
  const sources = useSources()
  const taken =
    kind === 'source'
      ? sources.data?.map((each) => each.source)
      : destinations.data?.map((each) => each.name)
  if (connector.isError) return <Trouble error={connector.error} retry={connector.refetch} />
  if (taken === undefined || (!isSdk && connector.data === undefined)) return <Skeleton h={420} />
  const begun: JsonObject = isSdk ? { kind: 'segment' } : { connector: name }
  return (
    <Sheet
      kind={kind}
      isNew
      name={freeName(isSdk ? 'web' : name, taken)}
      begun={begun}
      connector={connector.data ?? null}
      settings={connector.data?.settings ?? []}
    />
  )
}

function ChangingDestination({ name }: PageProps) {
  const destination = useDestination(name)
  const id = destination.data?.line.connector ?? ''
  const connector = useConnector('destination', id, id !== '')
  if (destination.isError) return <Trouble error={destination.error} retry={destination.refetch} />
  if (destination.data === undefined || connector.isPending) return <Skeleton h={420} />
  return (
    <Sheet
      kind="destination"
      name={name}
      begun={definitionOf(destination.data.definition)}
      connector={connector.data ?? null}
      settings={destination.data.settings}
    />
  )
}

function ChangingSource({ name }: PageProps) {
  const source = useSource(name)
  if (source.isError) return <Trouble error={source.error} retry={source.refetch} />
  if (source.data === undefined) return <Skeleton h={420} />
  return (
    <Sheet
      kind="source"
      name={name}
      begun={definitionOf(source.data.definition)}
      connector={null}
      settings={source.data.settings}
    />
  )
}

function definitionOf(value: unknown): JsonObject {
  return isObject(value as Json) ? (value as JsonObject) : {}
}

type SheetProps = {
  kind: Kind
  name: string
  begun: JsonObject
  connector: Connector | null
  settings: readonly Setting[]
  isNew?: boolean
}

function Sheet({ kind, begun, connector, settings, isNew = false, ...given }: SheetProps) {
  const [name, setName] = useState(given.name)
  const [fields, setFields] = useState(begun)
  const isSdk = kind === 'source' && connector === null && settings.length === 0
  const wanted = { ...AS_IT_IS, kind, name, fields, is_new: isNew, new_key: isSdk && isNew }
  const [settled] = useDebouncedValue(wanted, SETTLE_MS)
  const preview = useQuery({
    queryKey: ['connections', 'preview', settled],
    queryFn: () => take(api.POST('/api/connections/preview', { body: settled })),
    placeholderData: keepPreviousData,
    retry: false,
  })
  const problems = preview.data?.problems ?? []
  const mistakes = mistakesIn(problems)
  const elsewhere = mistakes.get('') ?? []
  const under = isNew
    ? { label: CONNECTIONS.catalog.title, to: '/connections/catalog' }
    : { label: title(given.name), to: `/connections/${kind}s/${given.name}` }
  const set = (field: string, value: Json | undefined) =>
    setFields((before) => withField(before, field, value))
  return (
    <>
      <Head
        title={isNew ? WORDS.connect(connector?.line.name ?? WORDS.sdk) : WORDS.change}
        under={under}
      />
      <div className="page">
        <div className="page-in connections">
          <div className="connections-two">
            <div className="connections-column">
              <Card title={WORDS.what}>
                <div className="connections-form">
                  {isNew && (
                    <Named
                      label={WORDS.name}
                      hint={WORDS.nameHint}
                      value={name}
                      onChange={setName}
                    />
                  )}
                  <Named
                    label={WORDS.titled}
                    value={String(fields.title ?? '')}
                    onChange={(text) => set('title', text === '' ? undefined : text)}
                  />
                </div>
              </Card>
              {!isSdk && (
                <Card title={WORDS.settings}>
                  <SettingsForm
                    settings={settings}
                    values={isObject(fields.settings) ? fields.settings : {}}
                    prefix={name}
                    mistakes={mistakes}
                    onChange={(setting, value) =>
                      setFields((before) => withSetting(before, setting, value))
                    }
                  />
                </Card>
              )}
              <More
                kind={kind}
                isSdk={isSdk}
                fields={fields}
                operations={connector?.line.does ?? []}
                category={connector?.line.category ?? ''}
                name={name}
                mistakes={mistakes}
                onChange={set}
              />
              {kind === 'destination' && connector !== null && (
                <TryOut name={isNew ? '' : name} connector={connector} fields={fields} />
              )}
            </div>
            <div className="connections-column">
              {elsewhere.length > 0 && (
                <Note tone="bad" title={WORDS.wrong}>
                  {elsewhere.join(' ')}
                </Note>
              )}
              <No error={preview.error} />
              {preview.data !== undefined && preview.error === null && (
                <Difference lines={preview.data.lines} file={preview.data.file} />
              )}
              <Propose
                wanted={wanted}
                isOpen={preview.data?.is_same === false && problems.length === 0}
              />
              {!isNew && (
                <Button
                  size="xs"
                  variant="default"
                  component={Go}
                  to={`/connections/${kind}s/${given.name}`}
                >
                  {WORDS.leave}
                </Button>
              )}
            </div>
          </div>
        </div>
      </div>
    </>
  )
}

type NamedProps = {
  label: string
  hint?: string
  value: string
  onChange: (text: string) => void
}

export function Named({ label, hint, value, onChange }: NamedProps) {
  const id = useId()
  return (
    <div className="connections-field">
      <label htmlFor={id}>{label}</label>
      <TextField id={id} label={label} isLong value={value} onChange={onChange} />
      {hint !== undefined && <span className="quiet small">{hint}</span>}
    </div>
  )
}

function Difference({ lines, file }: { lines: readonly string[]; file: string }) {
  return (
    <Card title={WORDS.text} isBare>
      {lines.length === 0 ? (
        <p className="card-body quiet">{WORDS.same}</p>
      ) : (
        <div
          className="connections-text mono"
          tabIndex={0}
          role="region"
          aria-label={WORDS.textOf(file)}
        >
          <p className="quiet">{file}</p>
          {lines
            .filter((line) => !line.startsWith('@@'))
            .map((line, index) => (
              <div key={index} data-mark={line.charAt(0)}>
                {line || ' '}
              </div>
            ))}
        </div>
      )}
    </Card>
  )
}
