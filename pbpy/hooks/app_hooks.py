"""Every hook, one line each: the extension surface on one page.

Model hooks fire for records and collections; the hooks named after a record or a collection
run inside them, as PocketBase's proxies do (`hooks/models.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.hooks.hook import Hook

if TYPE_CHECKING:
    from pbpy.hooks import auth_events as a
    from pbpy.hooks import batch_events as b
    from pbpy.hooks import events as e
    from pbpy.hooks import realtime_events as r


class AppHooks:
    """The hooks of one application; `App` offers them under the same names."""

    def __init__(self) -> None:
        # application
        self.on_bootstrap: Hook[e.BootstrapEvent] = Hook()
        self.on_serve: Hook[e.ServeEvent] = Hook()
        self.on_terminate: Hook[e.TerminateEvent] = Hook()
        self.on_settings_reload: Hook[e.SettingsReloadEvent] = Hook()
        # records and collections alike
        self.on_model_validate: Hook[e.ModelEvent] = Hook()
        self.on_model_create: Hook[e.ModelEvent] = Hook()
        self.on_model_create_execute: Hook[e.ModelEvent] = Hook()
        self.on_model_after_create_success: Hook[e.ModelEvent] = Hook()
        self.on_model_after_create_error: Hook[e.ModelEvent] = Hook()
        self.on_model_update: Hook[e.ModelEvent] = Hook()
        self.on_model_update_execute: Hook[e.ModelEvent] = Hook()
        self.on_model_after_update_success: Hook[e.ModelEvent] = Hook()
        self.on_model_after_update_error: Hook[e.ModelEvent] = Hook()
        self.on_model_delete: Hook[e.ModelEvent] = Hook()
        self.on_model_delete_execute: Hook[e.ModelEvent] = Hook()
        self.on_model_after_delete_success: Hook[e.ModelEvent] = Hook()
        self.on_model_after_delete_error: Hook[e.ModelEvent] = Hook()
        # records
        self.on_record_enrich: Hook[e.RecordEnrichEvent] = Hook()
        self.on_record_validate: Hook[e.RecordEvent] = Hook()
        self.on_record_create: Hook[e.RecordEvent] = Hook()
        self.on_record_create_execute: Hook[e.RecordEvent] = Hook()
        self.on_record_after_create_success: Hook[e.RecordEvent] = Hook()
        self.on_record_after_create_error: Hook[e.RecordEvent] = Hook()
        self.on_record_update: Hook[e.RecordEvent] = Hook()
        self.on_record_update_execute: Hook[e.RecordEvent] = Hook()
        self.on_record_after_update_success: Hook[e.RecordEvent] = Hook()
        self.on_record_after_update_error: Hook[e.RecordEvent] = Hook()
        self.on_record_delete: Hook[e.RecordEvent] = Hook()
        self.on_record_delete_execute: Hook[e.RecordEvent] = Hook()
        self.on_record_after_delete_success: Hook[e.RecordEvent] = Hook()
        self.on_record_after_delete_error: Hook[e.RecordEvent] = Hook()
        # collections
        self.on_collection_validate: Hook[e.CollectionEvent] = Hook()
        self.on_collection_create: Hook[e.CollectionEvent] = Hook()
        self.on_collection_create_execute: Hook[e.CollectionEvent] = Hook()
        self.on_collection_after_create_success: Hook[e.CollectionEvent] = Hook()
        self.on_collection_after_create_error: Hook[e.CollectionEvent] = Hook()
        self.on_collection_update: Hook[e.CollectionEvent] = Hook()
        self.on_collection_update_execute: Hook[e.CollectionEvent] = Hook()
        self.on_collection_after_update_success: Hook[e.CollectionEvent] = Hook()
        self.on_collection_after_update_error: Hook[e.CollectionEvent] = Hook()
        self.on_collection_delete: Hook[e.CollectionEvent] = Hook()
        self.on_collection_delete_execute: Hook[e.CollectionEvent] = Hook()
        self.on_collection_after_delete_success: Hook[e.CollectionEvent] = Hook()
        self.on_collection_after_delete_error: Hook[e.CollectionEvent] = Hook()
        # requests
        self.on_records_list_request: Hook[e.RecordsListRequestEvent] = Hook()
        self.on_record_view_request: Hook[e.RecordRequestEvent] = Hook()
        self.on_record_create_request: Hook[e.RecordRequestEvent] = Hook()
        self.on_record_update_request: Hook[e.RecordRequestEvent] = Hook()
        self.on_record_delete_request: Hook[e.RecordRequestEvent] = Hook()
        self.on_record_auth_request: Hook[e.RecordAuthRequestEvent] = Hook()
        self.on_record_auth_with_password_request: Hook[e.AuthWithPasswordRequestEvent] = Hook()
        self.on_record_auth_with_oauth2_request: Hook[a.AuthWithOAuth2RequestEvent] = Hook()
        self.on_record_auth_refresh_request: Hook[e.RecordRequestEvent] = Hook()
        self.on_record_request_otp_request: Hook[a.RequestOtpRequestEvent] = Hook()
        self.on_record_auth_with_otp_request: Hook[a.AuthWithOtpRequestEvent] = Hook()
        self.on_record_request_password_reset_request: Hook[e.RecordRequestEvent] = Hook()
        self.on_record_confirm_password_reset_request: Hook[e.RecordRequestEvent] = Hook()
        self.on_record_request_verification_request: Hook[e.RecordRequestEvent] = Hook()
        self.on_record_confirm_verification_request: Hook[e.RecordRequestEvent] = Hook()
        self.on_record_request_email_change_request: Hook[a.EmailChangeRequestEvent] = Hook()
        self.on_record_confirm_email_change_request: Hook[a.EmailChangeRequestEvent] = Hook()
        self.on_batch_request: Hook[b.BatchRequestEvent] = Hook()
        self.on_collections_list_request: Hook[e.CollectionsListRequestEvent] = Hook()
        self.on_collection_view_request: Hook[e.CollectionRequestEvent] = Hook()
        self.on_collection_create_request: Hook[e.CollectionRequestEvent] = Hook()
        self.on_collection_update_request: Hook[e.CollectionRequestEvent] = Hook()
        self.on_collection_delete_request: Hook[e.CollectionRequestEvent] = Hook()
        self.on_collections_import_request: Hook[e.CollectionsImportRequestEvent] = Hook()
        # realtime
        self.on_realtime_connect_request: Hook[r.RealtimeConnectRequestEvent] = Hook()
        self.on_realtime_message_send: Hook[r.RealtimeMessageEvent] = Hook()
        self.on_realtime_subscribe_request: Hook[r.RealtimeSubscribeRequestEvent] = Hook()
        # mails
        self.on_mailer_send: Hook[a.MailerEvent] = Hook()
        self.on_mailer_record_password_reset_send: Hook[a.MailerRecordEvent] = Hook()
        self.on_mailer_record_verification_send: Hook[a.MailerRecordEvent] = Hook()
        self.on_mailer_record_email_change_send: Hook[a.MailerRecordEvent] = Hook()
        self.on_mailer_record_otp_send: Hook[a.MailerRecordEvent] = Hook()
        self.on_mailer_record_auth_alert_send: Hook[a.MailerRecordEvent] = Hook()
        self.on_file_token_request: Hook[e.FileTokenRequestEvent] = Hook()
        self.on_settings_list_request: Hook[e.SettingsListRequestEvent] = Hook()
        self.on_settings_update_request: Hook[e.SettingsUpdateRequestEvent] = Hook()
