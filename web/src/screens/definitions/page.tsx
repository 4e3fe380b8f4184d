// Definitions as the files they are: all that run, to be taken out; and others, to be brought in.
import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useMay, useMe } from '@/app/session'
import { Card } from '@/kit/card'
import { Head } from '@/kit/head'
import { DEFINITIONS } from '@/words/definitions'
import '@/screens/journeys/edit/edit.css'
import { Arrived } from './arrived'
import './definitions.css'
import { Drop } from './drop'
import { useBrought } from './given'
import { Standing } from './standing'

export default function Definitions() {
  const brought = useBrought()
  const may = useMay('rehearse')
  const { role } = useMe()
  const isBrought = brought.files.length > 0
  return (
    <>
      <Head title={DEFINITIONS.title}>
        <Button
          size="xs"
          variant="default"
          component="a"
          href="/api/definitions/archive"
          download
          leftSection={<IconDownload size={14} />}
        >
          {DEFINITIONS.all}
        </Button>
      </Head>
      <div className="page">
        <div className="page-in definitions">
          {isBrought ? (
            <Arrived key={brought.stamp} brought={brought} />
          ) : (
            <>
              {may ? (
                <Drop brought={brought} />
              ) : (
                <Card>
                  <p className="quiet small pretty">{DEFINITIONS.mayNot(role)}</p>
                </Card>
              )}
              <Standing />
            </>
          )}
        </div>
      </div>
    </>
  )
}
