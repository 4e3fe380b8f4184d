// The account of a destination: its secrets by name, and the way to the provider where a person agrees.
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { No } from '@/kit/no'
import { useGrave } from '@/screens/access/proof'
import { CONNECTIONS } from '@/words/connections'
import { title } from '@/words/format'
import { redirectHere } from './coming-back'
import { Keep } from './settings-form'

type Destination = components['schemas']['ShownDestination']

const WORDS = CONNECTIONS.one
const AGREE = CONNECTIONS.agree

export function Account({ of }: { of: Destination }) {
  const may = useMay('administer')
  const [open, setOpen] = useState('')
  return (
    <Card title={WORDS.account}>
      {of.secrets.length === 0 && <p className="quiet">{WORDS.noSecrets}</p>}
      <div className="connections-form">
        {of.secrets.map((each) => (
          <div key={each.setting} className="connections-secret">
            <span className="quiet">{title(each.setting)}</span>
            <span className="mono">{each.name}</span>
            <Chip tone={each.is_kept ? 'ok' : 'bad'}>
              {each.is_kept ? WORDS.kept : WORDS.missing}
            </Chip>
            <button
              type="button"
              className="link small"
              disabled={!may}
              title={may ? undefined : CONNECTIONS.edit.secretAdmin}
              onClick={() => setOpen(open === each.name ? '' : each.name)}
            >
              {CONNECTIONS.edit.secretSet}
            </button>
            {open === each.name && <Keep name={each.name} onDone={() => setOpen('')} />}
          </div>
        ))}
        {of.is_oauth && <Agree of={of} may={may} />}
      </div>
    </Card>
  )
}

/** A person agrees at the provider, in this tab, and comes back with a code. */
function Agree({ of, may }: { of: Destination; may: boolean }) {
  const grave = useGrave()
  const { name, connector_name } = of.line
  const begin = useMutation({
    mutationFn: () =>
      grave(() => {
        const params = { path: { name } }
        const body = { redirect: redirectHere() }
        return take(api.POST('/api/destinations/{name}/connect', { params, body }))
      }),
    onSuccess: ({ url }) => location.assign(url),
  })
  return (
    <div className="connections-agree">
      <p className="small pretty">{AGREE.why(connector_name)}</p>
      <p className="small quiet">{AGREE.address}</p>
      <p className="mono small">{redirectHere()}</p>
      <Button
        size="xs"
        disabled={!may}
        title={may ? undefined : AGREE.mayNot}
        loading={begin.isPending || begin.isSuccess}
        onClick={() => begin.mutate()}
      >
        {AGREE.go(connector_name)}
      </Button>
      <No error={begin.error} />
    </div>
  )
}
