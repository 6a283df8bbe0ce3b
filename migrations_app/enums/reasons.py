"""Why a number cannot be filed, scheduled or moved yet, or needs a look: the closed list that check and filing share."""

from django.db.models import TextChoices


class Severity(TextChoices):
    """Whether a reason stops the step, or is only worth knowing before it."""

    BLOCK = "block"
    WARN = "warn"


class ReasonCode(TextChoices):
    """The closed list of reasons."""

    INVALID_PHONE_NUMBER = "invalid_phone_number"
    NOT_A_WHATSAPP_CAPABLE_LINE = "not_a_whatsapp_capable_line"
    BEHIND_IVR = "behind_ivr"
    OTP_NEEDS_VOICE = "otp_needs_voice"
    BRAZIL_NINTH_DIGIT = "brazil_ninth_digit"
    MEXICO_PREFIX = "mexico_prefix"
    CONTACT_PHONE_IS_MIGRATING_NUMBER = "contact_phone_is_migrating_number"
    BUSINESS_APP_NUMBER = "business_app_number"
    ON_PREMISE_SUNSET = "on_premise_sunset"
    TWO_STEP_ENABLED = "two_step_enabled"
    TWO_STEP_UNKNOWN = "two_step_unknown"
    BUSINESS_NOT_VERIFIED = "business_not_verified"
    BUSINESS_VERIFICATION_PENDING = "business_verification_pending"
    CONNECTION_NOT_CONNECTED = "connection_not_connected"
    NUMBER_BANNED = "number_banned"
    NUMBER_RESTRICTED = "number_restricted"
    WABA_ID_MISSING = "waba_id_missing"
    BUSINESS_MANAGER_ID_MISSING = "business_manager_id_missing"
    INVALID_IDENTIFIER = "invalid_identifier"
    IDENTIFIERS_NOT_DISTINCT = "identifiers_not_distinct"
    WABA_OWNED_BY_BSP = "waba_owned_by_bsp"
    DISPLAY_NAME_NOT_APPROVED = "display_name_not_approved"
    DESTINATION_NOT_READY = "destination_not_ready"
    NUMBER_CAP_EXCEEDED = "number_cap_exceeded"
    UNKNOWN_BSP = "unknown_bsp"
    OLD_BSP_CLIENT_ONLY = "old_bsp_client_only"
    NUMBER_ALREADY_OPEN = "number_already_open"
    DUPLICATE_IN_REQUEST = "duplicate_in_request"
