// Consent and privacy: who may be written to, who was told of a no, what people asked for.
import { SegmentedControl } from '@mantine/core'
import { useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { CONSENT } from '@/words/consent'
import './consent.css'
import { Answers } from './matrix'
import { Requests } from './requests'
import { Retention } from './retention'
import { Withdrawals } from './withdrawals'

export default function Consent() {
  const [show, setShow] = useParam('show', 'answers')
  return (
    <>
      <Head title={CONSENT.title} />
      <div className="page">
        <div className="page-in consent">
          <SegmentedControl
            size="xs"
            aria-label={CONSENT.showLabel}
            value={show}
            onChange={setShow}
            data={CONSENT.shows.map(([value, label]) => ({ value, label }))}
          />
          <Part show={show} />
        </div>
      </div>
    </>
  )
}

function Part({ show }: { show: string }) {
  switch (show) {
    case 'withdrawals':
      return <Withdrawals />
    case 'requests':
      return <Requests />
    case 'retention':
      return <Retention />
    default:
      return <Answers />
  }
}
