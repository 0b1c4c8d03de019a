"""Addresses of the tickets app: the resident's side here, the staff's side in `urls_staff`."""

from django.urls import include, path

from tickets import urls_staff
from tickets.views import intake, remarks, report, track

app_name = "tickets"

report_patterns = [
    path("", report.what, name="report"),
    path("where/", report.where, name="report_where"),
    path("photos/", report.photos, name="report_photos"),
    path("photos/<int:number>/", report.draft_photo, name="report_photo"),
    path("similar/", report.similar_matters, name="report_similar"),
    path("joined/<str:reference>/", intake.joined, name="joined"),
    path("contact/", report.contact, name="report_contact"),
    path("check/", intake.check, name="report_check"),
    path("clear/", report.clear, name="report_clear"),
    path("receipt/<str:reference>/", intake.receipt, name="receipt"),
]
progress_patterns = [
    path("", track.progress_page, name="progress"),
    path("solved/", track.confirm, name="confirm"),
    path("unsolved/", track.dispute, name="dispute"),
    path("reopen/", track.reopen, name="progress_reopen"),
    path("withdraw/", track.withdraw, name="progress_withdraw"),
    path("answer/", track.answer, name="progress_answer"),
    path("urge/", track.urge, name="progress_urge"),
    path("photos/", track.add_photos, name="progress_photos"),
    path("photos/<int:number>/", track.progress_photo, name="progress_photo"),
    path("forget/", track.forget, name="progress_forget"),
]
remark_patterns = [
    path("", remarks.write, name="portal_remark"),
    path("manage/", remarks.manage, name="remarks"),
    path("manage/<int:number>/", remarks.answer, name="remark_answer"),
]
resident_patterns = [
    path("report/", include(report_patterns)),
    path("track/", track.track, name="track"),
    path("t/<str:reference>/", include(progress_patterns)),
    path("photos/<int:number>/", track.released_photo, name="released_photo"),
    path("mine/", track.mine, name="mine"),
    path("remarks/", include(remark_patterns)),
]
urlpatterns = [*resident_patterns, *urls_staff.urlpatterns]
