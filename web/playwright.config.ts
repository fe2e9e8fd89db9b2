import { fileURLToPath } from 'node:url'
import { defineConfig } from '@playwright/test'

/** Flows run in the system's Chromium, which scripts/web finds, against the real binary; each in English and in Korean. */
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'

export default defineConfig({
  testDir: 'e2e',
  outputDir: '../test/results/studio',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  workers: 2,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  reporter: [['list'], [fileURLToPath(new URL('./e2e/failures.ts', import.meta.url))]],
  use: {
    ignoreHTTPSErrors: true, // the server has a certificate of its own; workers, which this leaves out, have the flag below
    launchOptions: { executablePath: chromium, args: ['--no-sandbox', '--ignore-certificate-errors'] },
    viewport: { width: 1280, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
    trace: 'off',
  },
  projects: [
    { name: 'en', use: { locale: 'en-US', timezoneId: 'Asia/Seoul' } },
    { name: 'ko', use: { locale: 'ko-KR', timezoneId: 'Asia/Seoul' } },
  ],
})
