import Foundation
import PinionInterchange
import PinionTensor

/// What a user does with arrays of NumPy.
enum NumPyBody {
  /// Reads the elements as each type, of which one fits at least, and writes them again.
  static func read(_ array: NumPyArray, _ url: URL) throws {
    var refusal: (any Error)?
    var count = 0
    func attempt<Scalar: TensorScalar>(_ type: Scalar.Type) throws {
      do {
        try check(array.tensor(as: type), array, url)
        count += 1
      } catch {
        if case .fault(let text) = Expect.outcome(error, file: url.path) { throw Fault(text) }
        refusal = error
      }
    }
    try attempt(Float.self)
    try attempt(Double.self)
    try attempt(Int32.self)
    try attempt(Bool.self)
    if let refusal, count == 0 { throw refusal }
  }

  private static func check<Scalar: TensorScalar>(
    _ tensor: TensorOf<Scalar>, _ array: NumPyArray, _ url: URL
  ) throws {
    try Expect.that(tensor.shape == array.shape, "another shape")
    let again = url.deletingLastPathComponent().appending(path: "again")
    try NumPyArray.write(tensor, to: again)
    try Expect.that(
      bytes(NumPyArray(contentsOf: again).tensor(as: Scalar.self)) == bytes(tensor),
      "the saved array differs")
    guard tensor.elements.count > 0 else { return }
    let size = tensor.elements.count * MemoryLayout<Scalar>.stride
    try Expect.refusal(of: "an array beyond a limit", url) {
      _ = try array.tensor(as: Scalar.self, limit: size - 1)
    }
  }

  private static func bytes<Scalar: TensorScalar>(_ tensor: TensorOf<Scalar>) -> [UInt8] {
    tensor.elements.withUnsafeBytes { Array($0) }
  }

  @Sendable static func readArchive(_ url: URL) throws {
    let archive = try NumPyArchive(contentsOf: url)
    var entries: [NumPyArchive.Entry] = []
    for name in archive.names {
      let array = try archive.array(named: name)
      try read(array, url)
      // Those that no float can represent are left out.
      _ = try Expect.isRefused(url) { entries.append(.init(name, try array.tensor())) }
    }
    try Expect.refusal(of: "an absent array", url) {
      _ = try archive.array(named: "\(archive.names.count) arrays")
    }
    let again = url.deletingLastPathComponent().appending(path: "again")
    for isCompressed in [false, true] {
      try NumPyArchive.write(entries, to: again, isCompressed: isCompressed)
      let copy = try NumPyArchive(contentsOf: again)
      try Expect.that(copy.names == entries.map(\.name), "the saved names differ")
      for name in copy.names {
        let (saved, array) = try (copy.array(named: name), archive.array(named: name))
        try Expect.that(bytes(saved.tensor()) == bytes(array.tensor()), "the saved array differs")
      }
    }
  }
}
