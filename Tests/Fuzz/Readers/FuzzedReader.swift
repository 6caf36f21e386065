package import Foundation
import PinionInterchange
import PinionLayers
import PinionTensor
import PinionTraining

/// A reader of files of one format, as the fuzzer and the tests of broken files run it.
package struct FuzzedReader: Sendable {
  /// Also the name of its corpus.
  package let name: String
  /// The name that the file has, for readers that choose it.
  let fileName: String
  /// How files are taken apart, so that what is inside changes with valid lengths and checksums.
  package let structure: Structure?
  /// Texts that occur in such files.
  package let tokens: [[UInt8]]
  /// Valid files.
  package let seeds: @Sendable (ScratchFile) throws -> [[UInt8]]
  /// Files that are refused for a reason that changes of valid files hardly reach, such as a limit.
  package let refusals: @Sendable (ScratchFile) throws -> [[UInt8]]
  private let body: @Sendable (URL) throws -> Void
  /// What callers may do wrong with a valid file, and what is too slow to be done for each file.
  private let extra: @Sendable (URL) throws -> Void

  init(
    _ name: String, fileName: String = "file", _ structure: Structure? = nil,
    tokens: [String] = [], seeds: @escaping @Sendable (ScratchFile) throws -> [[UInt8]],
    refusals: @escaping @Sendable (ScratchFile) throws -> [[UInt8]] = { _ in [] },
    read body: @escaping @Sendable (URL) throws -> Void,
    once extra: @escaping @Sendable (URL) throws -> Void = { _ in }
  ) {
    self.name = name
    self.fileName = fileName
    self.structure = structure
    self.tokens = tokens.map { Array($0.utf8) }
    self.seeds = seeds
    self.refusals = refusals
    self.body = body
    self.extra = extra
  }

  /// What became of a file.
  package enum Outcome {
    case read
    case refused(any Error & CustomStringConvertible)
    /// An error of another type, or one that does not say what, where, what was expected and found.
    case fault(String)
  }

  /// Writes the bytes to a file and reads it.
  package func read(_ bytes: [UInt8], in scratch: ScratchFile) throws -> Outcome {
    let url = scratch.url(fileName)
    try scratch.write(bytes, to: fileName)
    do {
      try body(url)
      return .read
    } catch {
      return Expect.outcome(error, file: url.path)
    }
  }

  /// What does not depend on the contents of a file: reads no file, a folder in the place of one,
  /// and a valid one in wrong ways. Done once in a process. Throws ``Fault``.
  package func readOnce(in scratch: ScratchFile) throws {
    let url = scratch.folder.appending(path: "once", directoryHint: .isDirectory)
      .appending(path: fileName, directoryHint: .notDirectory)
    let folder = url.deletingLastPathComponent()
    let files = FileManager.default
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    _ = try Expect.isRefused(url) { try body(url) }
    try? files.removeItem(at: url)
    try files.createDirectory(at: url, withIntermediateDirectories: true)
    _ = try Expect.isRefused(url) { try body(url) }
    try files.removeItem(at: url)
    try Data(seeds(scratch)[0]).write(to: url)
    if try Expect.isRefused(url, by: { try extra(url) }) { throw Fault("a valid file is refused") }
    try files.removeItem(at: folder)
  }

  /// Changes a file, most often within its structure.
  ///
  /// - Parameter mutate: Changes the bytes of a part.
  package func mutated(
    _ bytes: [UInt8], by generator: inout some RandomNumberGenerator,
    mutate: @escaping ([UInt8]) -> [UInt8]
  ) -> [UInt8] {
    let mutation = Mutation(tokens: tokens, mutate: mutate)
    return mutation.apply(to: bytes, structure, by: &generator)
  }
}

/// A folder in memory, if there is one, for files that are read at once.
package final class ScratchFile: Sendable {
  package let folder: URL

  package init() throws {
    let memory = URL(filePath: "/dev/shm")
    let parent =
      access(memory.path, W_OK) == 0 ? memory : FileManager.default.temporaryDirectory
    folder = parent.appending(path: "pinion-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  package func url(_ name: String) -> URL { folder.appending(path: name) }

  /// Not atomically, which would take longer.
  func write(_ bytes: [UInt8], to name: String) throws {
    let descriptor = open(url(name).path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw CocoaError(.fileWriteUnknown)
    }
  }

  func bytes(_ name: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: url(name))) }
}
