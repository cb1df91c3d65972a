// What the gateway answers, for the check of types. Browsers never load it.

export type Span = {start: number, end: number};
export type Fix = {span: Span, replacement: string};
export type Mistake = {code: string, title: string, span: Span, label: string, hint?: string, fix?: Fix};
export type Remark = {code: string, span: Span, message: string};
export type Problem = {title: string, status: number, code: string, detail?: string, hint?: string, errors?: Mistake[], fixed?: string};
export type Person = {name?: string | null, address?: string | null};
export type File = {name?: string | null, contentType?: string | null, size?: number | null};
export type Place = {source?: string | null, mailbox?: string | null, folder?: string | null};
export type Match = {clause?: string, where: string, attachment?: string | null, pointer?: string, text?: string, ranges?: number[][]};
export type PersonRanges = {name: number[][], address: number[][]};
export type Snippet = {text: string, ranges: number[][], subjectRanges: number[][], from: PersonRanges, to: PersonRanges[], attachments: number[][][]};
export type Passage = {whose: string, range: number[]};
export type Message = {id: string, kind?: string, name?: string, path?: string, owner?: string, size?: number, subject?: string | null, from: Person, to: Person[], cc: Person[], receivedDateTime?: string | null, sentDateTime?: string | null, createdDateTime?: string | null, modifiedDateTime?: string | null, version?: string | null, newest?: string, unread?: string, source?: string | null, attachments: File[], hasAttachments?: boolean | null, importance?: string | null, mailbox?: string | null, folder?: string | null, places: Place[], copies?: {places: Place[]}[], body?: string | null, passages?: Passage[], damage?: string, omitted?: Record<string, number>, snippet?: Snippet, matches?: Match[], moreMatches?: boolean, isNew?: boolean, links: {self: string, eml?: string, thread?: string, content?: string}};
export type Value = {value: string, count: number};
export type Bar = {from: string, to: string, count: number};
export type Histogram = {step: string, zone: string, bars: Bar[], outside: number, undated: number};
export type Mailbox = {name: string, indexed: number, known: number, asOf?: string, newest?: string | null, inArchiveTier?: boolean};
export type Coverage = {indexed: number, known: number, asOf: string | null, filesWithoutContent?: number, notAsked?: string[], mailboxes: Mailbox[]};
export type Answer = {results: Message[], count: {value: number, exact: boolean, rows?: number}, nextCursor?: string, facets?: Record<string, {values: Value[], others: number}> & {histogram?: Histogram}, facetsBy?: string, facetsMissing?: Record<string, string>, highlightMissing?: string, filesMissing?: string, servedBy: {engine: string, reason?: string, since?: string}, coverage?: Coverage, query: {canonical: string, zone: string, fidelity: string, direction?: string, notes?: string[], advice: Remark[]}, tookMs: number};
export type Note = {fidelity: string, direction?: string, span?: Span, message: string};
export type Target = {fidelity: string, direction?: string, notes: Note[], sent?: any};
export type Part = {kind: string, span: Span};
export type Translation = {canonical?: string, english: string, advice: Remark[], parts?: Part[], targets: Record<string, Target>};
