import CPinionZlib
import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Broken and hostile `.npy` and `.npz` files: each is read or throws `FileError`.
@Suite struct NumPyHostileTests {
  private func readArray(_ url: URL) throws { _ = try NumPyArray(contentsOf: url).tensor() }

  private func readArchive(_ url: URL) throws {
    let archive = try NumPyArchive(contentsOf: url)
    for name in archive.names { _ = try archive.array(named: name).tensor() }
  }

  @Test(arguments: ["numpy_version1.npy", "numpy_version3.npy"])
  func brokenArrays(fixture: String) throws {
    let files = try BrokenFiles(fixture: fixture, read: readArray)
    try files.expectTruncationsRefused()
    try files.expectLimitsHandled()
    let read = try files.expectMutationsHandled(1_000)
    #expect(read > 0 && read < 900, "\(read)")
  }

  @Test(arguments: ["numpy_compressed.npz", "numpy_zip64.npz"])
  func brokenArchives(fixture: String) throws {
    let files = try BrokenFiles(fixture: fixture, read: readArchive)
    try files.expectTruncationsRefused()
    try files.expectLimitsHandled(step: 3)
    try files.expectMutationsHandled(1_000)
  }

  /// A `.npy` file with a header of one's own.
  private func array(_ header: String, version: UInt8 = 1, data: Int = 0) -> [UInt8] {
    let length = UInt32(header.utf8.count)
    let size = withUnsafeBytes(of: length.littleEndian) { Array($0.prefix(version == 1 ? 2 : 4)) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + size + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  /// A sparse file in memory, whose file system has no limit of its own.
  @Test func arraysLargerThanMemoryAreRefused() throws {
    guard access("/dev/shm", W_OK) == 0 else { return }
    let url = URL(filePath: "/dev/shm/pinion-\(UUID().uuidString).npy")
    defer { try? FileManager.default.removeItem(at: url) }
    let bytes = 1 << 52
    let start = array("{'descr': '<f4', 'fortran_order': False, 'shape': (\(bytes / 4),)}")
    try Data(start).write(to: url)
    guard truncate(url.path, start.count + bytes) == 0 else { return }
    let array = try NumPyArray(contentsOf: url)
    let error = #expect(throws: FileError.self) { try array.tensor() }
    #expect(error?.expected == "elements that fit into memory")
  }

  @Test(arguments: [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "header, byte 61"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 0)}", "shape"),
    ("{'descr': '<f4', 'fortran_order': True, 'shape': (0, 9223372036854775808)}", "byte"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "shape"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", "byte"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}", "byte"),
    ("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}", "byte"),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "descr"),
    ("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "descr"),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "byte"),
    ("{'descr': '<f4', 'fortran_order': False}", "header"),
    ("{'descr': '<f4", "byte"), ("", "byte"), ("(((((((((((((((((((", "byte"),
  ])
  func invalidHeaders(header: String, place: String) throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.npy")
    try folder.write(array(header, data: 4), to: "a.npy")
    let error = #expect(throws: FileError.self, "\(header)") { try readArray(file) }
    #expect(error?.place.contains(place) == true, "\(error?.description ?? "")")
  }

  @Test func manyAxesAndLongHeaders() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.npy")
    func header(_ axes: Int) -> String {
      let shape = String(repeating: "1, ", count: axes)
      return "{'descr': '<f4', 'fortran_order': True, 'shape': (\(shape))}"
    }
    try folder.write(array(header(64), data: 4), to: "a.npy")
    #expect(try NumPyArray(contentsOf: file).tensor().rank == 64)
    for bytes in [array(header(65), data: 4), array(header(40_000), version: 2, data: 4)] {
      try folder.write(bytes, to: "a.npy")
      #expect(throws: FileError.self) { try readArray(file) }
    }
  }

  @Test func integersBeyondTheTypeAreNamed() throws {
    let folder = try TemporaryFolder()
    let values: [Int64] = [1, -2_147_483_648, 2_147_483_648]
    let header = "{'descr': '<i8', 'fortran_order': False, 'shape': (3,)}"
    try folder.write(array(header) + values.withUnsafeBytes { Array($0) }, to: "a.npy")
    let array = try NumPyArray(contentsOf: folder.url.appending(path: "a.npy"))
    let error = #expect(throws: FileError.self) { try array.tensor(as: Int32.self) }
    #expect(error?.place == "byte \(10 + header.utf8.count + 16)")
    #expect(error?.found == "2147483648")
    #expect(try array.tensor().elements == [1, -0x1p31, 0x1p31])
  }

  @Test func doublesBeyondFloatsAreNamed() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.npy")
    let values = [1, 1e300, .infinity]
    try NumPyArray.write(DoubleTensor(values), to: file)
    let error = #expect(throws: FileError.self) { try NumPyArray(contentsOf: file).tensor() }
    #expect(error?.found == "1e+300")
    #expect(try NumPyArray(contentsOf: file).tensor(as: Double.self).elements == values)
  }

  /// An array that unpacks to a hundred million zeros.
  @Test func bombsNeedALimit() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "bomb.npz")
    try NumPyArchive.write([.init("a", Mask.zeros([20_000_000]))], to: file, isCompressed: true)
    let array = try NumPyArchive(contentsOf: file).array(named: "a")
    let error = #expect(throws: FileError.self) { try array.tensor() }
    #expect(error?.expected.contains("a higher limit") == true)
    #expect(try array.tensor(as: Bool.self).count == 20_000_000)
  }
}
