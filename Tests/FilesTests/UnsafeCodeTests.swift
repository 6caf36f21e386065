import Foundation
import PinionTestSupport
import Testing

/// The files that use unsafe code: pointers, unchecked casts and unchecked `Sendable`. A new one is
/// added here when its bounds have been reviewed.
@Suite struct UnsafeCodeTests {
  /// By module, without `.swift`.
  private static let known: [String: Set<String>] = [
    "Data": [
      "Augmentation/ColorAugmentations", "Augmentation/ColorKernel", "Augmentation/FlipAndCrop",
      "Augmentation/ImageSampling", "Augmentation/SampleMixing", "Augmentation/ValueRangeCheck",
      "DatasetLocator", "FileBytes", "GzipReader", "ImageFileDataset", "PixelKernel",
      "Preprocessing/Standardization", "Tables/CSVDataset", "Tables/CSVTokenizer",
    ],
    "Digest": [
      "MessageDigest"
    ],
    "Distributed": [
      "MPICommunicator", "ThreadCommunicator",
    ],
    "Download": [
      "Archive/ArchiveInstallation", "Archive/ArchiveUnpacker", "Archive/TarReader", "FileChecksum",
      "HTTP/CurlTransfer", "HTTP/HTTPTransfer", "PartialFile",
    ],
    "Images": [
      "Codecs/JPEGDecoder", "Codecs/PNGDecoder", "ImageFolderDataset", "ImageFolderListing",
      "RasterImage",
    ],
    "Interchange": [
      "ElementType", "HDF5/HDF5File", "HDF5/HDF5Writer", "Keras/Network+Keras",
      "NumPy/NumPyArchive", "NumPy/NumPyArray", "ONNX/Import/ONNXTensor", "ONNX/ONNXGraph",
      "Protobuf/ProtobufMessage", "PyTorch/PyTorchArchive", "TensorBoard/EventFile",
      "TensorBoard/EventWriter", "TensorBoard/TensorBoard", "Zip/ByteScanner", "Zip/ByteSource",
      "Zip/RawDeflate", "Zip/ZipWriter",
    ],
    "Layers": [
      "Attention/AttentionHeads", "Attention/AttentionRun", "Attention/HeadProduct",
      "Convolution/DirectConvolution", "Convolution/Winograd+Program", "Convolution/ZeroSearch",
      "Core/ConstantMatrix", "Core/TransposedProduct", "Graph/SymbolicTensor",
      "Initializers/Orthogonal", "Merging/Dot", "Merging/ElementwiseMerge", "Network/Executor",
      "Normalization/AxisSums", "Normalization/Normalization", "Normalization/PartNormalization",
      "Pooling/MaxPool2D", "Protocol/LayerContext", "Regularization/ParameterTerms",
      "Regularization/Regularizer", "Shaping/Borders", "Shaping/Permute", "Shaping/UpSampling2D",
    ],
    "LinearAlgebra": [
      "LAPACK", "MatrixCheck", "SingularValues", "ZCAWhitening",
    ],
    "Optimizers": [
      "GradientClipping", "UpdateLoop",
    ],
    "Tensor": [
      "BLAS", "Broadcasting", "Communication/Collectives", "Communication/Communicator", "Einsum",
      "ElementBits", "ElementaryScalar", "ElementwiseFunction", "Files/AtomicFile",
      "Files/AtomicFileDestination", "Files/FileError", "Files/FileLock", "Files/FileReader",
      "Files/SafeTensors", "Files/SafeTensorsDataType", "Files/SafeTensorsFile", "Files/SystemPath",
      "Lock", "LoopScalar", "Mask", "MemoryView", "NumberFormat", "NumberText", "PoolWorkers",
      "PrintableText", "Processor", "RadixSort", "Reduction", "Resources", "StridedPair",
      "Tensor+Accumulation", "Tensor+Arranging", "Tensor+Counting", "Tensor+Creation",
      "Tensor+Extremes", "Tensor+Functions", "Tensor+Gathering", "Tensor+Indexing",
      "Tensor+MatrixProduct", "Tensor+Operators", "Tensor+Reductions", "Tensor+Shaping",
      "Tensor+Sorting", "Tensor", "ThreadPool",
    ],
    "Training": [
      "Callbacks/CSVLogger", "Callbacks/Console", "Callbacks/LineFile",
      "Callbacks/StochasticWeightAveraging", "Checkpoint/Checksum", "Predictor", "WorkspaceCache",
    ],
    "Visualization": [
      "Images/PNG"
    ],
  ]

  private static let words = [
    "Unsafe", "unsafe", "@unchecked", "Unmanaged", "withMemoryRebound", "OpaquePointer",
    ".allocate(capacity",
  ]

  /// Lines of code that use it, without comments.
  private static func isUnsafe(_ text: String) -> Bool {
    text.split(separator: "\n").contains { line in
      let code = line.drop { $0 == " " }
      return !code.hasPrefix("//") && words.contains { code.contains($0) }
    }
  }

  @Test func unsafeCodeIsInKnownFiles() throws {
    let sources = Fixture.folder.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources")
    let paths = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
    var found: [String: Set<String>] = [:]
    for path in paths where path.hasSuffix(".swift") {
      let text = try String(contentsOf: sources.appending(path: path), encoding: .utf8)
      guard Self.isUnsafe(text) else { continue }
      let parts = path.dropLast(6).split(separator: "/", maxSplits: 1)
      found[String(parts[0]), default: []].insert(String(parts[1]))
    }
    for module in Set(found.keys).union(Self.known.keys).sorted() {
      let (now, before) = (found[module] ?? [], Self.known[module] ?? [])
      #expect(now.subtracting(before).isEmpty, "unsafe code in further files of \(module)")
      #expect(before.subtracting(now).isEmpty, "no unsafe code any more in files of \(module)")
    }
  }
}
