internal import CPinionMPI
internal import Glibc

/// The shared library of MPI, opened on demand.
enum MPILibrary {
  /// The library and its version.
  static func open(_ path: String?) throws(MPIError) -> String {
    var problems: [String] = []
    for name in path.map({ [$0] }) ?? candidates {
      if pinion_mpi_open(name) == 0 { return name }
      problems.append(String(cString: pinion_mpi_error()))
    }
    throw MPIError.library(problems)
  }

  /// Whether a launcher such as `mpirun` or `srun` started this process.
  static var isLaunched: Bool {
    [openMPI, mpich, ["PMIX_RANK", "SLURM_STEP_NUM_TASKS"]].joined().contains {
      variable($0) != nil
    }
  }

  private static let openMPI = ["OMPI_COMM_WORLD_SIZE"]
  private static let mpich = ["PMI_SIZE", "PMI_RANK", "MPI_LOCALNRANKS"]

  /// The names of MPI libraries in distributions, those of the launcher's implementation first.
  private static var candidates: [String] {
    let ompi = ["libmpi.so.40", "libmpi.so.80"]
    let mpichs = ["libmpich.so.12", "libmpi.so.12"]
    let standard = ["libmpi_abi.so.1", "libmpi_abi.so.0", "libmpi_abi.so"]
    if openMPI.contains(where: { variable($0) != nil }) { return ompi + standard }
    if mpich.contains(where: { variable($0) != nil }) { return mpichs + standard + ompi }
    return standard + ompi + mpichs
  }

  static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  static func lastError() -> String { String(cString: pinion_mpi_error()) }

  /// The library's description of itself.
  static var version: String {
    var text = [CChar](repeating: 0, count: 200)
    guard pinion_mpi_describe(&text, text.count) == 0 else { return "MPI" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// An error of starting MPI.
public enum MPIError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No library of MPI could be opened; what was tried, and the system's messages.
  case library([String])
  /// The library reported an error.
  case failure(String)
  /// MPI can be started once in a process.
  case startedTwice

  public var description: String {
    switch self {
    case .library(let problems):
      "no MPI library (Debian's packages: openmpi-bin or mpich; $PINION_MPI names another): "
        + problems.joined(separator: "; ")
    case .failure(let problem): "MPI: \(problem)"
    case .startedTwice: "MPI was started before in this process"
    }
  }
}
