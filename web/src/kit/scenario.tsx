// Make a scenario of what happened to somebody.
import { Button } from '@mantine/core'
import { IconFileText } from '@tabler/icons-react'
import { api, take } from '@/api/client'
import { useMay, useMe } from '@/app/session'
import { CUSTOMERS } from '@/words/customers'
import { shortId } from '@/words/notes'

/** What happened to this person as a scenario in which every value is made up: a file. */
export function Scenario({ who }: { who: string }) {
  const may = useMay('reveal')
  const { role } = useMe()
  async function save() {
    const made = await take(api.GET('/api/people/{who}/scenario', { params: { path: { who } } }))
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([made.text], { type: 'application/yaml' }))
    link.download = `${shortId(who)}.yaml`
    link.click()
    URL.revokeObjectURL(link.href)
  }
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconFileText size={15} stroke={1.7} />}
      disabled={!may}
      title={may ? undefined : `${CUSTOMERS.mayNot(role)} ${CUSTOMERS.scenarioMayNot}`}
      onClick={() => void save()}
    >
      {CUSTOMERS.scenario}
    </Button>
  )
}
