import { IconGitPullRequest } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Approvals',
  icon: IconGitPullRequest,
  group: 'Govern',
  order: 30,
  needs: 'look',
  pages: [
    { path: '/approvals', load: () => import('./list') },
    { path: '/approvals/$number', load: () => import('./one') },
  ],
})
