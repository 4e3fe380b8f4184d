import { IconFileCode } from '@tabler/icons-react'
import { screen } from '@/app/screen'
import { DEFINITIONS } from '@/words/definitions'

export default screen({
  label: DEFINITIONS.rail,
  icon: IconFileCode,
  group: 'Govern',
  order: 15,
  needs: 'look',
  pages: [{ path: '/definitions', load: () => import('./page') }],
})
