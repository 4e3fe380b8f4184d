import { IconGauge } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Scorecard',
  icon: IconGauge,
  group: 'Understand',
  order: 30,
  needs: 'look',
  pages: [{ path: '/scorecard', load: () => import('./scorecard') }],
})
