// People and roles: who works with Legato, what each may, which programs call, how one signs in.
import { Button, SegmentedControl } from '@mantine/core'
import { IconUserCircle } from '@tabler/icons-react'
import { useMay, useMe } from '@/app/session'
import { Empty } from '@/kit/empty'
import { Go, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { ACCESS } from '@/words/access'
import './access.css'
import { Colleagues, People } from './people'
import { Proving } from './proof'
import { Provider } from './provider'
import { Roles } from './roles'
import { Teams } from './teams'
import { Tokens } from './tokens'

export default function Access() {
  const [show, setShow] = useParam('show', 'people')
  return (
    <Proving>
      <Head title={ACCESS.title}>
        <Button
          size="xs"
          variant="default"
          component={Go}
          to="/access/me"
          leftSection={<IconUserCircle size={15} stroke={1.7} />}
        >
          {ACCESS.own}
        </Button>
      </Head>
      <div className="page">
        <div className="page-in access">
          <SegmentedControl
            size="xs"
            aria-label={ACCESS.showLabel}
            value={show}
            onChange={setShow}
            data={ACCESS.shows.map(([value, label]) => ({ value, label }))}
          />
          <Part show={show} />
        </div>
      </div>
    </Proving>
  )
}

function Part({ show }: { show: string }) {
  const isAdmin = useMay('administer')
  if (show === 'roles') return <Roles />
  if (!isAdmin) return show === 'people' ? <Colleagues /> : <Denied />
  switch (show) {
    case 'teams':
      return <Teams />
    case 'tokens':
      return <Tokens />
    case 'provider':
      return <Provider />
    default:
      return <People />
  }
}

function Denied() {
  const { role } = useMe()
  return <Empty title={ACCESS.denied(ACCESS.role[role])}>{ACCESS.deniedWhy}</Empty>
}
