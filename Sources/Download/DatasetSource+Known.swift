internal import FoundationEssentials
internal import PinionData

extension DatasetSource {
  /// MNIST (LeCun, Cortes and Burges 1998), from a mirror: its authors' server no longer gives it out.
  public static let mnist = DatasetSource(
    name: "mnist", title: "MNIST", folderName: "mnist",
    files: idxFiles(
      at: "https://ossci-datasets.s3.amazonaws.com/mnist/",
      sizes: [9_912_422, 28_881, 1_648_877, 4_542],
      md5: [
        "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c",
      ],
      contentsMD5: [
        "6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637",
      ]),
    finder: { try MNIST.files(in: $0) }, reader: { try MNIST.load(from: $0) })

  /// Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), from the address in its authors' repository.
  public static let fashionMNIST = DatasetSource(
    name: "fashion-mnist", title: "Fashion-MNIST", folderName: "fashion-mnist",
    files: idxFiles(
      at: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      sizes: [26_421_880, 29_515, 4_422_102, 5_148],
      md5: [
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310",
      ],
      contentsMD5: [
        "f4a8712d7a061bf5bd6d2ca38dc4d50a", "9018921c3c673c538a1fc5bad174d6f9",
        "8181f5470baa50b63fa0f6fddb340f0a", "15d484375f8d13e6eb1aabb0c3f46965",
      ]),
    finder: { try FashionMNIST.files(in: $0) }, reader: { try FashionMNIST.load(from: $0) })

  /// CIFAR-10 (Krizhevsky 2009), binary version, from its author's page.
  public static let cifar10 = DatasetSource(
    name: "cifar10", title: "CIFAR-10", folderName: "cifar-10-batches-bin",
    files: [
      RemoteFile(
        address("https://www.cs.toronto.edu/~kriz/", "cifar-10-binary.tar.gz"), size: 170_052_171,
        md5: "c32a1d4ab5d03f1284b67883e8d87530")
    ],
    contents: (1...5).map { ArchiveFile("data_batch_\($0).bin", size: 30_730_000) }
      + [ArchiveFile("test_batch.bin", size: 30_730_000)],
    finder: { try CIFAR10.files(in: $0) }, reader: { try CIFAR10.load(from: $0) })

  /// CIFAR-100 (Krizhevsky 2009), binary version, from its author's page; read with its hundred fine labels.
  public static let cifar100 = DatasetSource(
    name: "cifar100", title: "CIFAR-100", folderName: "cifar-100-binary",
    files: [
      RemoteFile(
        address("https://www.cs.toronto.edu/~kriz/", "cifar-100-binary.tar.gz"),
        size: 168_513_733, md5: "03b5dce01913d631647c71ecec9e9cb8")
    ],
    contents: [
      ArchiveFile("train.bin", size: 153_700_000), ArchiveFile("test.bin", size: 30_740_000),
    ],
    finder: { try CIFAR100.files(in: $0) }, reader: { try CIFAR100.load(from: $0) })

  /// All that are known.
  public static let all = [mnist, fashionMNIST, cifar10, cifar100]

  /// The four files of MNIST and of those that follow its layout.
  private static func idxFiles(
    at base: String, sizes: [Int], md5: [String], contentsMD5: [String]
  ) -> [RemoteFile] {
    let names = [
      "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
      "t10k-labels-idx1-ubyte.gz",
    ]
    return names.enumerated().map { index, name in
      RemoteFile(
        address(base, name), size: sizes[index], md5: md5[index], contentsMD5: contentsMD5[index])
    }
  }

  private static func address(_ base: String, _ name: String) -> URL {
    guard let url = URL(string: base + name) else {
      fatalError("\(base)\(name) is no URL")
    }
    return url
  }
}
