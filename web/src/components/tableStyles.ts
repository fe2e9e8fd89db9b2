import { makeStyles, shorthands, tokens } from '@fluentui/react-components'

/** How tables look: rows on a wide screen, cards on a narrow one. */
export const useTableStyles = makeStyles({
  scroll: {
    overflowX: 'auto',
    width: '100%',
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  tall: { overflowY: 'auto', maxHeight: 'max(320px, calc(100vh - 340px))' },
  table: {
    width: '100%',
    borderCollapse: 'collapse',
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    '@media (max-width: 767px)': { display: 'block' },
  },
  head: {
    '@media (max-width: 767px)': {
      position: 'absolute',
      width: '1px',
      height: '1px',
      overflow: 'hidden',
      clipPath: 'inset(50%)',
    },
  },
  body: { '@media (max-width: 767px)': { display: 'block' } },
  headCell: {
    textAlign: 'start',
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground2,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalS}`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke1}`,
    whiteSpace: 'nowrap',
    position: 'sticky',
    top: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    zIndex: 1,
  },
  sortButton: {
    ...shorthands.borderWidth(0),
    backgroundColor: 'transparent',
    color: 'inherit',
    fontFamily: 'inherit',
    fontSize: 'inherit',
    fontWeight: 'inherit',
    paddingInline: 0,
    cursor: 'pointer',
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    minHeight: '24px',
    ':focus-visible': {
      outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`,
      borderRadius: tokens.borderRadiusSmall,
    },
  },
  row: {
    backgroundColor: tokens.colorNeutralBackground1,
    ':hover': { backgroundColor: tokens.colorNeutralBackground2 },
    '@media (max-width: 767px)': {
      display: 'flex',
      flexDirection: 'column',
      position: 'relative',
      border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
      borderRadius: tokens.borderRadiusMedium,
      padding: tokens.spacingVerticalS,
      marginBottom: tokens.spacingVerticalS,
    },
  },
  // Links stand out enough from these, which the usual ones of a selection do not allow in the dark.
  chosen: { backgroundColor: tokens.colorBrandBackground2 },
  cell: {
    textAlign: 'start',
    fontWeight: tokens.fontWeightRegular,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalS}`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    verticalAlign: 'middle',
    '@media (max-width: 767px)': { display: 'block', borderBottomStyle: 'none', padding: tokens.spacingVerticalXS },
  },
  labelled: {
    '@media (max-width: 767px)': {
      display: 'flex',
      columnGap: tokens.spacingHorizontalS,
      '::before': {
        content: 'attr(data-label)',
        flexShrink: 0,
        minWidth: '40%',
        color: tokens.colorNeutralForeground3,
      },
    },
  },
  noBorder: { borderBottomStyle: 'none' },
  stickyHead: { zIndex: 2, backgroundColor: tokens.colorNeutralBackground1 },
  sticky: {
    position: 'sticky',
    insetInlineEnd: 0,
    // What scrolls below it must not show through.
    backgroundColor: 'inherit',
    width: '1px',
    '@media (max-width: 767px)': { position: 'static', width: 'auto', backgroundColor: 'transparent' },
  },
  end: { textAlign: 'end', '@media (max-width: 767px)': { textAlign: 'start' } },
  check: {
    width: '32px',
    paddingBlock: 0,
    '@media (max-width: 767px)': { position: 'absolute', insetBlockStart: 0, insetInlineEnd: 0 },
  },
  notOnCard: { '@media (max-width: 767px)': { display: 'none' } },
  below: {
    padding: `0 ${tokens.spacingHorizontalS} ${tokens.spacingVerticalS} 40px`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    '@media (max-width: 767px)': { display: 'block', borderBottomStyle: 'none', padding: tokens.spacingVerticalXS },
  },
})
