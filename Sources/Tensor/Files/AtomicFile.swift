public import FoundationEssentials
internal import Glibc

/// Puts files in place complete or not at all.
///
/// The bytes go to a temporary file in the same directory; it is synced to the disk, renamed to the
/// final name, and the directory is synced. Whatever fails before the rename, be it the disk, the
/// directory or the closure, the temporary file is removed and the final name stays as it was:
/// absent, or the older file. The temporary file gets its name, which begins with `.pinion-`, only
/// when it is complete, so that a program that is killed leaves nothing half-written; on file
/// systems without nameless files (NFS) such a file may be left.
///
/// A symbolic link that bears the final name is replaced, and what it points to is left as it was; links among the
/// folders above are followed. The permissions of a file that is replaced are kept.
public enum AtomicFile {
  /// Writes a file piece by piece.
  ///
  /// ```swift
  /// try AtomicFile.write(to: url) { file in
  ///   try file.write("header\n")
  ///   try file.write(weights.view)
  /// }
  /// ```
  /// Throws what `body` throws, and ``FileError`` if the file cannot be written or something that
  /// is not a regular file bears its name. If only the last step fails, the sync of the directory,
  /// the new file is in place and complete.
  public static func write(
    to url: URL, _ body: (_ file: borrowing FileWriter) throws -> Void
  ) throws {
    let destination = try Destination(url)
    try destination.replace(body)
    try destination.syncDirectory()
  }

  /// Writes bytes: a `Data`, a `[UInt8]`, a raw buffer.
  ///
  /// Throws ``FileError`` if the file cannot be written or something that is not a regular file
  /// bears its name.
  public static func write(_ bytes: some ContiguousBytes, to url: URL) throws {
    try write(to: url) { file in try file.write(bytes) }
  }

  /// Writes a text as UTF-8.
  ///
  /// Throws ``FileError`` if the file cannot be written or something that is not a regular file
  /// bears its name.
  public static func write(_ text: String, to url: URL) throws {
    try write(to: url) { file in try file.write(text) }
  }

  /// Looks whether a file could be written under a name: whether its folder is there and takes new files, and nothing but a
  /// regular file or a link bears the name. Leaves nothing.
  ///
  /// A program that will write results at the end of its work asks this before it begins. Throws ``FileError`` as
  /// ``write(to:_:)`` would.
  public static func checkWritable(_ url: URL) throws {
    try Destination(url).probe()
  }
}
