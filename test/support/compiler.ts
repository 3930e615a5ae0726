/** What the compiler says of code that exists in its memory only, beside the real files of a folder. */
import ts from 'typescript';

interface Place {
  /** Path of the tsconfig.json whose program the code joins. */
  readonly config: string;
  /** With a slash at its end. */
  readonly folder: string;
  /** Only what the code imports, without the program's other files: much faster. */
  readonly alone?: boolean;
}

/**
 * @param code by name; each becomes a file `probe-<name>.ts` in the folder
 * @returns the complaints about each, by its name; empty where there are none
 */
export function complaintsAbout(
  { config, folder, alone = false }: Place,
  code: Readonly<Record<string, string>>,
): Map<string, string> {
  const pathOf = (name: string): string => `${folder}probe-${name.replace(':', '-')}.ts`;
  const files = new Map(Object.entries(code).map(([name, text]) => [pathOf(name), text]));
  const { options, fileNames } = configAt(config);
  // Alone, Node's types are not needed either: they take longer to read than all the rest.
  const program = alone
    ? ts.createProgram([...files.keys()], { ...options, types: [] }, hostWith(files, options))
    : ts.createProgram([...fileNames, ...files.keys()], options, hostWith(files, options));
  return new Map(
    Object.keys(code).map((name) => {
      const found = program.getSemanticDiagnostics(program.getSourceFile(pathOf(name)));
      return [
        name,
        found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')).join('\n'),
      ];
    }),
  );
}

function configAt(path: string): ts.ParsedCommandLine {
  const parsed = ts.getParsedCommandLineOfConfigFile(
    path,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  );
  if (parsed === undefined) throw new Error(`${path} cannot be read`);
  return parsed;
}

/** The disk, with these files on it. */
function hostWith(files: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const disk = ts.createCompilerHost(options);
  return {
    ...disk,
    fileExists: (path) => files.has(path) || disk.fileExists(path),
    readFile: (path) => files.get(path) ?? disk.readFile(path),
    getSourceFile: (path, language, ...rest) => {
      const text = files.get(path);
      return text === undefined
        ? disk.getSourceFile(path, language, ...rest)
        : ts.createSourceFile(path, text, language);
    },
  };
}
