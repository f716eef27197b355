import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** What an entry of a package exports: from each name to where it is declared, a file or another package. */
export type Exports = ReadonlyMap<string, { from: string; name: string }>;

interface Declared {
  file: string;
  /** As a `.d.ts` would have it, without comments; a function with overloads has several. */
  texts: string[];
  /** Names of types that these mention. */
  mentions: Set<string>;
}

const printer = ts.createPrinter({ removeComments: true });
const parse = (path: string, text: string) =>
  ts.createSourceFile(path, text, ts.ScriptTarget.Latest, /* setParentNodes */ true);

/** Reads an entry's export list. It must name what it exports. */
export function exportsOf(entry: string): Exports {
  const exports = new Map<string, { from: string; name: string }>();
  for (const statement of parse(entry, readFileSync(entry, "utf8")).statements) {
    if (!ts.isExportDeclaration(statement) || !statement.moduleSpecifier)
      throw new Error(`${entry}: expected nothing but "export { ... } from", found ${statement.getText()}`);
    if (!statement.exportClause || !ts.isNamedExports(statement.exportClause))
      throw new Error(`${entry}: expected the names of what is exported, found ${statement.getText()}`);
    const specifier = (statement.moduleSpecifier as ts.StringLiteral).text;
    for (const { name, propertyName } of statement.exportClause.elements)
      exports.set(name.text, { from: fileOf(entry, specifier), name: (propertyName ?? name).text });
  }
  return exports;
}

/**
 * The declarations of all that a package's entries export, then of what those mention without its being exported, each
 * sorted by name. From the sources alone: nothing need be built, and no type is inferred.
 *
 * @param entries Paths of source files, by what the package calls them.
 * @throws where a type annotation is missing beside a declaration that is shown.
 */
export function reportOf(entries: Readonly<Record<string, string>>): string {
  const sources = new Sources();
  const shown = new Set<Declared>();
  const parts = Object.entries(entries).map(([entry, path]) => {
    const exports = [...exportsOf(path)].sort(([one], [other]) => (one < other ? -1 : 1));
    const texts = exports.map(([exported, { from, name }]) => {
      if (!isFile(from)) return `export { ${exported} } from "${from}";`;
      const declared = sources.declared(from, name);
      shown.add(declared);
      return declared.texts.join("\n");
    });
    return `// ${entry}\n\n${texts.join("\n\n")}`;
  });
  const mentioned = new Map<string, Declared>();
  for (const declared of shown)
    for (const [name, further] of sources.mentionedBy(declared)) {
      if (shown.has(further)) continue;
      mentioned.set(name, further);
      shown.add(further);
    }
  const further = [...mentioned.keys()].sort().map((name) => mentioned.get(name)!.texts.join("\n"));
  if (further.length > 0) parts.push(`// Mentioned above, and not exported\n\n${further.join("\n\n")}`);
  return `${parts.join("\n\n")}\n`;
}

const isFile = (from: string) => from.endsWith(".ts");

/** Where an import leads: a source file, or a package. */
const fileOf = (file: string, specifier: string) =>
  specifier.startsWith(".") ? join(dirname(file), specifier).replace(/\.js$/, ".ts") : specifier;

interface SourceDeclarations {
  declared: Map<string, Declared>;
  imported: Map<string, string>;
  /** From declarations whose types would have to be inferred to what the compiler says of them. */
  untyped: Map<string, string>;
}

/** Source files as declarations, each made once. */
class Sources {
  readonly #files = new Map<string, SourceDeclarations>();

  declared(file: string, name: string): Declared {
    const { declared, imported, untyped } = this.#file(file);
    if (untyped.has(name)) throw new Error(untyped.get(name));
    const [found, from] = [declared.get(name), imported.get(name)];
    if (found) return found;
    if (from === undefined) throw new Error(`${file}: expected a declaration of ${name}, found none`);
    return this.declared(from, name);
  }

  /** Of what a declaration mentions, all that is declared in the package. */
  mentionedBy({ file, mentions }: Declared): [string, Declared][] {
    const { declared, imported } = this.#file(file);
    return [...mentions].flatMap((name): [string, Declared][] => {
      const from = imported.get(name);
      const found = from === undefined ? declared.get(name) : isFile(from) && this.declared(from, name);
      return found ? [[name, found]] : [];
    });
  }

  #file(file: string): SourceDeclarations {
    const known = this.#files.get(file);
    if (known) return known;
    const { tree, untyped } = declarationsOf(file);
    const made: SourceDeclarations = { declared: new Map(), imported: new Map(), untyped };
    for (const statement of tree.statements) {
      addImports(made.imported, file, statement);
      for (const name of namesOf(statement)) {
        const one: Declared = made.declared.get(name) ?? { file, texts: [], mentions: new Set() };
        one.texts.push(textOf(statement, tree));
        addMentions(one.mentions, statement);
        made.declared.set(name, one);
      }
    }
    this.#files.set(file, made);
    return made;
  }
}

function declarationsOf(file: string): { tree: ts.SourceFile; untyped: Map<string, string> } {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(file, "utf8"), {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2022, isolatedDeclarations: true, stripInternal: true },
  });
  const untyped = new Map<string, string>();
  for (const { file: source, start, messageText } of diagnostics) {
    const line = source!.getLineAndCharacterOfPosition(start!).line + 1;
    const statement = source!.statements.find(({ end }) => end > start!)!;
    const what = `${file}:${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    for (const name of namesOf(statement)) untyped.set(name, what);
  }
  return { tree: parse(file, outputText), untyped };
}

/** Names that come from elsewhere, and those that are passed on from there. */
function addImports(imported: Map<string, string>, file: string, statement: ts.Statement): void {
  const isImport = ts.isImportDeclaration(statement);
  if (!(isImport || ts.isExportDeclaration(statement)) || !statement.moduleSpecifier) return;
  const bindings = isImport ? statement.importClause?.namedBindings : statement.exportClause;
  if (!bindings || !(ts.isNamedImports(bindings) || ts.isNamedExports(bindings))) return;
  const from = fileOf(file, (statement.moduleSpecifier as ts.StringLiteral).text);
  for (const { name } of bindings.elements) imported.set(name.text, from);
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => (name as ts.Identifier).text);
  const { name } = statement as { name?: ts.Node };
  return name && ts.isIdentifier(name) ? [name.text] : [];
}

function textOf(statement: ts.Statement, tree: ts.SourceFile): string {
  const text = printer.printNode(ts.EmitHint.Unspecified, statement, tree);
  return text.replace(/^(export )?(declare )?/, "");
}

/** Private and protected members are nobody's to use, and no user has to know what they mention. */
function addMentions(mentions: Set<string>, node: ts.Node): void {
  if (ts.getCombinedModifierFlags(node as ts.Declaration) & ts.ModifierFlags.NonPublicAccessibilityModifier)
    return;
  if (ts.isTypeReferenceNode(node)) mentions.add(node.typeName.getText());
  if (ts.isTypeQueryNode(node)) mentions.add(node.exprName.getText());
  if (ts.isExpressionWithTypeArguments(node)) mentions.add(node.expression.getText());
  ts.forEachChild(node, (child) => addMentions(mentions, child));
}
