"""The mixed model for repeated measures (MMRM): one mean a visit, a covariance between visits, every value that was seen.

y_ij = mu_j + e_ij for patient i at visit j, with the errors of one patient normal and correlated; fitted by restricted maximum
likelihood (REML), so that patients with missing visits count with the visits they have. Valid where values are missing at
random. Tests of contrasts use Satterthwaite's or Kenward and Roger's degrees of freedom. On complete data the unstructured
model gives the paired t exactly.
"""

from racohort.mmrm.fit import MmrmFit, fit_mmrm, mmrm_unstructured
from racohort.mmrm.inference import Contrast

__all__ = ["Contrast", "MmrmFit", "fit_mmrm", "mmrm_unstructured"]
