import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Arrays of NumPy beside what `make_numpy.py` put into them.
@Suite struct NumPyTests {
  static let fixtures = Fixture.folder.appending(path: "interchange")

  /// What the script's `ramp` gives, as an integer before it is divided or halved.
  static func ramp(_ shape: Shape) -> [Int] { (0..<shape.elementCount).map { $0 * 37 % 101 } }

  static func floats(_ shape: Shape) -> Tensor {
    Tensor(shape: shape, elements: ramp(shape).map { Float($0 - 50) / 8 })
  }

  private func archive(_ name: String) throws -> NumPyArchive {
    try NumPyArchive(contentsOf: Self.fixtures.appending(path: "numpy_\(name).npz"))
  }

  @Test func allTypesInBothByteOrdersAndBothOrdersOfAxes() throws {
    let archive = try archive("types")
    #expect(archive.names.count == 48)
    let shape: Shape = [3, 5]
    let values = Self.ramp(shape)
    for name in archive.names {
      let array = try archive.array(named: name)
      let expected = values.map { value -> Float in
        switch name.first {
        case "b": value % 2 == 0 ? 1 : 0
        case "i": Float(value - 50)
        case "f": Float(value - 50) / 8
        default: Float(value)
        }
      }
      #expect(array.shape == shape)
      #expect(try array.tensor() == Tensor(shape: shape, elements: expected), "\(name)")
      let doubles = DoubleTensor(shape: shape, elements: expected.map { Double($0) })
      #expect(try array.tensor(as: Double.self) == doubles, "\(name)")
      if name.first == "f" {
        let error = #expect(throws: FileError.self) { try array.tensor(as: Int32.self) }
        #expect(error?.found == array.elementType.rawValue)
      } else {
        let integers = IndexTensor(shape: shape, elements: expected.map { Int32($0) })
        #expect(try array.tensor(as: Int32.self) == integers, "\(name)")
      }
      if name.first == "b" {
        let mask = Mask(shape: shape, elements: expected.map { $0 == 1 })
        #expect(try array.tensor(as: Bool.self) == mask)
      } else {
        #expect(throws: FileError.self) { try array.tensor(as: Bool.self) }
      }
    }
    #expect(
      Set(try archive.names.map { try archive.array(named: $0).elementType })
        == Set(ElementType.allCases).subtracting([.bfloat16]))
  }

  @Test func compressedArrays() throws {
    let archive = try archive("compressed")
    #expect(archive.names == ["large", "scalar", "empty", "fortran"])
    #expect(try archive.array(named: "large").tensor() == Self.floats([40, 7, 3]))
    #expect(try archive.array(named: "fortran").tensor() == Self.floats([2, 3, 4, 5]))
    #expect(try archive.array(named: "scalar").tensor(as: Double.self).scalar == -6.25)
    #expect(try archive.array(named: "empty").tensor() == Tensor.zeros([4, 0, 2]))
    let error = #expect(throws: FileError.self) { try archive.array(named: "x") }
    #expect(error?.place == "array \"x\"")
  }

  @Test func wideSizes() throws {
    let archive = try archive("zip64")
    #expect(try archive.array(named: "a").tensor() == Self.floats([2, 3]))
    let expected = IndexTensor(Self.ramp([4]).map { Int32($0 - 50) })
    #expect(try archive.array(named: "b").tensor(as: Int32.self) == expected)
  }

  @Test(arguments: 1...3) func versions(version: Int) throws {
    let file = Self.fixtures.appending(path: "numpy_version\(version).npy")
    #expect(try NumPyArray(contentsOf: file).tensor() == Self.floats([2, 3]))
  }

  /// Files of every type and rank, which `make_numpy.py FOLDER` checks if a folder is named by
  /// PINION_NUMPY_FOLDER.
  @Test func writtenArraysAreRead() throws {
    let scratch = try TemporaryFolder()
    let folder =
      ProcessInfo.processInfo.environment["PINION_NUMPY_FOLDER"].map { URL(filePath: $0) }
      ?? scratch.url
    for shape: Shape in [[], [0, 3], [7], [2, 3, 4]] {
      func roundTrip<Scalar>(_ name: String, _ tensor: TensorOf<Scalar>) throws {
        let file = folder.appending(path: "\(name)_\(shape.rank).npy")
        try NumPyArray.write(tensor, to: file)
        #expect(try NumPyArray(contentsOf: file).tensor(as: Scalar.self) == tensor)
        #expect(try Data(contentsOf: file).count % 64 == tensor.elementBytes % 64)
      }
      try roundTrip("float", Self.floats(shape))
      try roundTrip("double", Self.doubles(shape))
      try roundTrip("int", Self.integers(shape))
      try roundTrip("bool", Self.mask(shape))
    }
    for (name, zip) in [("stored", ZipWriter()), ("zip64", ZipWriter(wideFrom: 0))] {
      try check(folder.appending(path: "\(name).npz"), isCompressed: false, zip)
    }
    try check(folder.appending(path: "compressed.npz"), isCompressed: true, ZipWriter())
  }

  private func check(_ file: URL, isCompressed: Bool, _ zip: ZipWriter) throws {
    let shape: Shape = [5, 1000]
    let entries: [NumPyArchive.Entry] = [
      .init("float", Self.floats(shape)), .init("double", Self.doubles(shape)),
      .init("int", Self.integers(shape)), .init("bool", Self.mask(shape)),
      .init("größe", Tensor.zeros([0])),
    ]
    try NumPyArchive.write(entries, to: file, isCompressed: isCompressed, by: zip)
    let bytes = try Data(contentsOf: file)
    try NumPyArchive.write(entries, to: file, isCompressed: isCompressed, by: zip)
    #expect(try Data(contentsOf: file) == bytes)
    #expect(isCompressed == (bytes.count < 20_000))
    let archive = try NumPyArchive(contentsOf: file)
    #expect(archive.names == ["float", "double", "int", "bool", "größe"])
    #expect(try archive.array(named: "float").tensor() == Self.floats(shape))
    #expect(try archive.array(named: "double").tensor(as: Double.self) == Self.doubles(shape))
    #expect(try archive.array(named: "int").tensor(as: Int32.self) == Self.integers(shape))
    #expect(try archive.array(named: "bool").tensor(as: Bool.self) == Self.mask(shape))
  }

  @Test func namesOccurOnce() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: FileError.self) {
      try NumPyArchive.write(
        [.init("a", Tensor.zeros([1])), .init("a", Tensor.zeros([2]))],
        to: folder.url.appending(path: "a.npz"))
    }
    #expect(error?.place == "array \"a\"")
    #expect(error?.found == "that of another array")
    #expect(folder.contents.isEmpty)
  }

  private static func doubles(_ shape: Shape) -> DoubleTensor {
    DoubleTensor(shape: shape, elements: ramp(shape).map { Double($0 - 50) / 8 })
  }

  private static func integers(_ shape: Shape) -> IndexTensor {
    IndexTensor(shape: shape, elements: ramp(shape).map { Int32($0 - 50) })
  }

  private static func mask(_ shape: Shape) -> Mask {
    Mask(shape: shape, elements: ramp(shape).map { $0 % 2 == 0 })
  }
}

extension TensorOf {
  fileprivate var elementBytes: Int { count * MemoryLayout<Scalar>.stride }
}
