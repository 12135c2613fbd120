/**
 * The tables of the anchor scan: which pairs of characters are worth a closer look.
 *
 * The scan reads a text two characters at a time, at every second place. Whatever the place of a literal, one of its pairs
 * at even offsets or one at odd offsets is read. So for each literal the rarest pair of either kind goes into the
 * table, and most text costs one look-up for two characters.
 *
 * @module
 */

/** A text to look for. */
export interface Literal {
  /** Three or more ASCII characters; in lower case when `ignoreCase`. */
  readonly text: string;
  readonly ignoreCase: boolean;
}

/** A pair that stands for a literal. */
interface Anchor {
  readonly literal: number;
  readonly offset: number;
  readonly pair: number;
}

const pairs = 65_536;
/** The characters of logs, sources and lock files, commonest first; and the commonest pairs of two, likewise. Counted over 30 MB. */
const commonest =
  " etarison\"\nlcdp.0:um/,1fhgb()2-3\t65_yv=74{}x8kT9;wA'SEC>[]MLPR<*IOjH|Gq`NDF\\BKzW+&?UVX$@#!QYJZ^%~";
const commonPairs =
  '  \n in":erreon "teste enesle: th, atarordecoti\t\t,"t nt00,\n t",etsemeroom;\nis\n\tpandital {tactecpes anioge' +
  'rilitrexedn rtng.0=  a{\n) he c = i0.nera s\n\n:"cetoacnsss//}\n fasve }ile"elmpueplam (r la0 agurfid lohi r' +
  'unodd"prckllut);10 ps.haponctsidoloufomaty1.ca},ea e() llu" di -icch36e. o20siimem)\nke"sul nttfat" [ap:1' +
  'ifef b.3ht/5rs{"adf .1.cotmova d"\n /be \' mnatuigs:yps// eqoprr *ptquusnosusp- ocshe(377.t(ho"lum53 w"tt.' +
  'ab"mnuy ie"rpprne=t/soe_s"12:{ir6 n"HT"infdao  veppstpgi11Co/1bae:xt 2rgev14* ooruclldi/g  h Se,/v C_ini' +
  '13xpowltbl 1.\n] 64msryiv02l == ARejefe"c> ="lsv1:/eb),Li1/GEETm bu</a puh /p26pi_pafose/cr"Gm/::hr L4155' +
  ' +/s)) u.2egwifu"e17eeuir_2.:3aiay..86 `ofmi5.ubddMo/at_--dormrc1,vi1""h Hsc\',ip:5x ; { fr/tCh\n}e-gs"p\n/' +
  'bo[1l"up("). .oj/e><")gr0,ff],\t} 06"go0]r(>\n/i.7ew60 Te)x"js )au} xaSt76Ge7 ia.s.en_t-01uaAp/2"1 G x"MPa' +
  'T .t"}=1t,We./t:TTghtcMLa/Sas(})6:\\nTMn(a"ogduTP2/(tuxs?ikmn3:e\nn: <1;eWIng"zio)Kiko]\nok4)r.rd16L,ciovs,' +
  'cuSeoz-c5:ka\n16_ib&p99x8+0P/mm_6lyOc |X1| /O?pbK :3"KH(K_sc (Xsahuey gPr\')wa32(\n=>AA15\n{22 &**iz $l(o"25' +
  'ug_c(\'}}De"d-1oi18/cnpw 19zer"woc"21ds.pd_24. ml2307rkr:50.a` Ma"/t).h30s_s)n.obh":228.i.rmb05.5T"b.wecc' +
  '0"d. R51_t2,:\nr)sg"a[]d(06rln-?:a- P">"n\ni31 I27nk3533g.r,No0440\trs-03muTh.l-a @sy.mks1 p .f70lfk _m/\nbi' +
  '-d56y"\t"yn(s/d29Fis\n.dwhq"nv-sNa';

/** Pairs with what stands beside them, by {@link threeBytes} or {@link fourBytes}. */
export interface Beside {
  /** One where there is such a literal. */
  readonly has: Uint8Array;
  /** Where its anchors begin in `anchors`: literal, offset, first and last character in `characters`; they end with -1. */
  readonly first: Uint16Array;
  readonly anchors: Int32Array;
}

/** What the scan looks for, ready for both lanes. */
export interface AnchorTable {
  readonly literals: readonly Literal[];
  /** The characters of all literals, one after the other. */
  readonly characters: Uint8Array;
  /** For each literal: 0x20 when its letters count in any case. */
  readonly folds: Uint8Array;
  /** One where the pair of two bytes (the first one low) is an anchor. */
  readonly pairs: Uint8Array;
  /** Anchors at the beginning of a literal, with the byte after them; at its end, with that before; else with both. */
  readonly after: Beside;
  readonly before: Beside;
  readonly around: Beside;
}

const multiplier = 0x9e3779b1;

/** Where three bytes, the first one lowest, stand in `after` and `before`. */
export function threeBytes(bytes: number): number {
  return Math.imul(bytes, multiplier) >>> 16;
}

/** Where four bytes, the first one lowest, stand in `around`. */
export function fourBytes(bytes: number): number {
  return Math.imul(bytes, multiplier) >>> 14;
}

/** Makes the tables. */
export function anchorTable(literals: readonly Literal[]): AnchorTable {
  const chosen = new Set<number>();
  const isAnchor = new Uint8Array(pairs);
  const after = new Map<number, number[]>();
  const before = new Map<number, number[]>();
  const around = new Map<number, number[]>();
  let end = 0;
  const starts = [0, ...literals.map(({ text }) => (end += text.length))];
  const note = (lists: Map<number, number[]>, at: number, { literal, offset }: Anchor): void => {
    const list = lists.get(at) ?? [];
    lists.set(at, list);
    list.push(literal, offset, starts[literal] ?? 0, starts[literal + 1] ?? 0);
  };
  for (const anchor of literals.flatMap((one, index) => anchorsOf(one, index, chosen))) {
    const { literal, offset, pair } = anchor;
    isAnchor[pair] = 1;
    const { text, ignoreCase } = literals[literal] ?? { text: "", ignoreCase: false };
    const previous = codes(text, offset - 1, ignoreCase);
    const next = codes(text, offset + 2, ignoreCase);
    if (offset === 0) for (const code of next) note(after, threeBytes(pair | (code << 16)), anchor);
    else
      for (const code of previous) {
        const three = code | (pair << 8);
        if (offset + 2 === text.length) note(before, threeBytes(three), anchor);
        else for (const last of next) note(around, fourBytes(three | (last << 24)), anchor);
      }
  }
  return {
    literals,
    ...charactersOf(literals),
    pairs: isAnchor,
    after: beside(after, pairs),
    before: beside(before, pairs),
    around: beside(around, 4 * pairs),
  };
}

/** The part of the tables that says what the literals are. */
export function charactersOf(literals: readonly Literal[]): Pick<AnchorTable, "characters" | "folds"> {
  return {
    characters: new Uint8Array(Buffer.from(literals.map(({ text }) => text).join(""), "latin1")),
    folds: new Uint8Array(literals.map(({ ignoreCase }) => (ignoreCase ? 0x20 : 0))),
  };
}

function beside(lists: ReadonlyMap<number, readonly number[]>, size: number): Beside {
  const has = new Uint8Array(size);
  const first = new Uint16Array(size);
  const anchors = [-1];
  for (const [at, list] of lists) {
    has[at] = 1;
    first[at] = anchors.length;
    anchors.push(...list, -1);
  }
  return { has, first, anchors: Int32Array.from(anchors) };
}

/** What a pair that is read costs, and one that has the right bytes beside it, in no unit. */
const pairCost = 10;
const placeCost = 150;

/** The cheapest pair at an even offset and the cheapest at an odd one, each in every case that counts. */
function anchorsOf(literal: Literal, index: number, chosen: Set<number>): Anchor[] {
  const { text } = literal;
  const offsets = Array.from({ length: text.length - 1 }, (_, offset) => pairsAt(literal, offset));
  const often = offsets.map((found) => found.reduce((sum, pair) => sum + frequency(pair), 0));
  const cost = (offset: number): number => {
    // What is looked at anyway costs nothing more.
    const read = (offsets[offset] ?? []).reduce(
      (sum, pair) => sum + (chosen.has(pair) ? 0 : frequency(pair)),
      0,
    );
    const after = (often[offset + 1] ?? 1) / weight(text.charAt(offset + 1));
    const before = (often[offset - 1] ?? 1) / weight(text.charAt(offset));
    const beside = (often[offset] ?? 0) * Math.min(1, after) * Math.min(1, before);
    return read * pairCost + beside * placeCost;
  };
  const anchors: Anchor[] = [];
  for (const parity of [0, 1]) {
    let best = parity;
    let least = Number.POSITIVE_INFINITY;
    for (let offset = parity; offset < offsets.length; offset += 2) {
      const price = cost(offset);
      if (price >= least) continue;
      best = offset;
      least = price;
    }
    for (const pair of offsets[best] ?? []) {
      chosen.add(pair);
      anchors.push({ literal: index, offset: best, pair });
    }
  }
  return anchors;
}

function pairsAt({ text, ignoreCase }: Literal, offset: number): readonly number[] {
  const low = text.charCodeAt(offset);
  const high = text.charCodeAt(offset + 1);
  if (!ignoreCase) return [low | (high << 8)];
  const second = codes(text, offset + 1, true);
  return codes(text, offset, true).flatMap((one) => second.map((other) => one | (other << 8)));
}

/** The codes of a character of a literal; none beside the literal. */
function codes(text: string, at: number, ignoreCase: boolean): readonly number[] {
  const code = text.charCodeAt(at);
  if (Number.isNaN(code)) return [];
  const isLetter = code >= 0x61 && code <= 0x7a;
  return ignoreCase && isLetter ? [code, code - 0x20] : [code];
}

const frequencies = new Map<number, number>();
for (let at = 0; at < commonPairs.length; at += 2)
  frequencies.set(commonPairs.charCodeAt(at) | (commonPairs.charCodeAt(at + 1) << 8), 0.2 / (at / 2 + 30));

/** About how often a pair occurs. */
function frequency(pair: number): number {
  return frequencies.get(pair) ?? (weights[pair & 0xff] ?? 0) * (weights[pair >> 8] ?? 0);
}

const weights = new Float64Array(128).fill(0.001);
for (let place = 0; place < commonest.length; place++)
  weights[commonest.charCodeAt(place)] = 0.45 / (place + 5) ** 1.2;

function weight(char: string): number {
  return weights[char.charCodeAt(0)] ?? 0.001;
}
