import {
  createDOMRenderer,
  FluentProvider,
  RendererProvider,
  webDarkTheme,
  webLightTheme,
} from '@fluentui/react-components'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { isStatus } from './api/http.ts'
import { sessionOver } from './api/live.ts'
import { session } from './api/queries/session.ts'
import { firstLanguage, type Language } from './i18n/catalogue.ts'
import { TextProvider } from './i18n/text.tsx'
import { ToastCorner } from './modules/toast.tsx'
import { fetchPage, makeRouter } from './routes.tsx'
import { ThemeProvider, useTheme } from './shell/theme.tsx'

function makeClient(): QueryClient {
  const onError = (error: unknown) => {
    if (isStatus(error, 401)) sessionOver()
  }
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY, // events say what is old (api/invalidate.ts)
        refetchOnWindowFocus: false,
        // What is refused is refused again; only an answer that did not come may come the next time.
        retry: (tries, error) => tries < 3 && (isStatus(error, 0) || isStatus(error, 502) || isStatus(error, 503)),
      },
      mutations: { retry: false },
    },
  })
}

/** What the first page needs is asked for at once, and not each thing when the one before it came. */
function begin() {
  const client = makeClient()
  void client.prefetchQuery(session())
  const router = makeRouter(client)
  fetchPage(router)
  void router.load()
  return { client, router }
}

export function App() {
  const [language, setLanguage] = useState<Language>(() => firstLanguage(location.search, navigator.languages))
  const [{ client, router }] = useState(begin)
  return (
    <TextProvider language={language} setLanguage={setLanguage}>
      <QueryClientProvider client={client}>
        <ThemeProvider>
          <Themed>
            <RouterProvider router={router} />
            <ToastCorner />
          </Themed>
        </ThemeProvider>
      </QueryClientProvider>
    </TextProvider>
  )
}

function Themed({ children }: { children: React.ReactNode }) {
  const { dark } = useTheme()
  // Styles are let in by the nonce that came with this page; see internal/studio.
  const renderer = useMemo(() => {
    const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
    return createDOMRenderer(document, { styleElementAttributes: { nonce } })
  }, [])
  return (
    <RendererProvider renderer={renderer} targetDocument={document}>
      <FluentProvider theme={dark ? webDarkTheme : webLightTheme} style={{ minHeight: '100%' }}>
        {children}
      </FluentProvider>
    </RendererProvider>
  )
}
