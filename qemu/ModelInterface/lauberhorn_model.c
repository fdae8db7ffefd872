/* A C target needs a source file; the content is the header. */
#include "lauberhorn_model.h"
